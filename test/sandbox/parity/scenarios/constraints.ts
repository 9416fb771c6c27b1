import type { CallRequest, Scenario } from '../request.ts';

const EVENT = 'spp.dci.crvs.event';
const ID = 'spp.registry.id';
const KEY = {
  event_type: 'death',
  identifier_type: 'national_id',
  identifier_value: '%TAG%',
  event_date: '2024-01-01',
};

const event = (name: string, ...values: object[]): CallRequest => ({
  name,
  model: EVENT,
  method: 'create',
  args: { vals_list: values },
});

const by = (
  as: 'admin' | 'bridge',
  name: string,
  model: string,
  method: string,
  args: object,
  keep?: string,
): CallRequest => ({
  name,
  as,
  model,
  method,
  args,
  ...(keep !== undefined && { keep }),
});

/** Everything that is refused because of what is already there, or of what the values mean. */
export const CONSTRAINTS: Scenario = {
  name: 'constraints',
  requests: [
    { ...event('an event', KEY), keep: 'event' },
    event('the same again', KEY),
    event('the same on another day', { ...KEY, event_date: '2024-01-02' }),
    event('the same without a date', { ...KEY, event_date: false }),
    event('and again without a date', { ...KEY, event_date: false }),
    event('two alike at once', { ...KEY, event_date: '2024-02-01' }, { ...KEY, event_date: '2024-02-01' }),
    event('a good one and a bad one', { ...KEY, event_date: '2024-03-01' }, KEY),
    {
      name: 'nothing of them is stored',
      model: EVENT,
      method: 'search_count',
      args: { domain: [['identifier_value', '=', '%TAG%']] },
    },
    event('a future one', { ...KEY, event_date: '2999-01-01' }),
    event('a duplicate and a future one', KEY, { ...KEY, event_date: '2999-01-01' }),
    event('a future one and no event type', { ...KEY, event_date: '2999-01-01' }, { identifier_value: 'x' }),
    by('bridge', 'archive the event', EVENT, 'write', { ids: ['$event'], vals: { active: false } }),
    { ...event('the same as an archived one', KEY), keep: 'second' },
    by('bridge', 'unarchive the first', EVENT, 'write', { ids: ['$event'], vals: { active: true } }),
    by('bridge', 'touch the key of the first', EVENT, 'write', {
      ids: ['$event'],
      vals: { event_date: '2024-01-01' },
    }),
    by('bridge', 'move the second into the future', EVENT, 'write', {
      ids: ['$second'],
      vals: { event_date: '2999-01-01' },
    }),

    by(
      'bridge',
      'registrants',
      'res.partner',
      'create',
      { vals_list: [{ name: 'Ben %TAG%' }, { name: 'Cleo %TAG%' }] },
      'people',
    ),
    by('bridge', 'no name', 'res.partner', 'create', { vals_list: [{ given_name: 'x' }] }),
    by('bridge', 'take the name', 'res.partner', 'write', { ids: ['$people.0'], vals: { name: false } }),
    by('bridge', 'birth in the future', 'res.partner', 'create', {
      vals_list: [{ name: 'Ben %TAG%', birthdate: '2999-01-01' }],
    }),
    by('bridge', 'birth in the future, by write', 'res.partner', 'write', {
      ids: '$people',
      vals: { birthdate: '2999-01-01' },
    }),
    by('bridge', 'write a registrant who is gone', 'res.partner', 'write', {
      ids: ['$people.0', 99999998, 99999999],
      vals: { disabled: '2024-01-01 00:00:00' },
    }),
    by('bridge', 'the other one is unchanged', 'res.partner', 'read', {
      ids: ['$people.0'],
      fields: ['disabled', 'birthdate'],
    }),

    by(
      'bridge',
      'an ID',
      ID,
      'create',
      { vals_list: [{ partner_id: '$people.0', id_type_id: 1, value: '%TAG%1' }] },
      'first',
    ),
    by('bridge', 'a second of the type', ID, 'create', {
      vals_list: [{ partner_id: '$people.0', id_type_id: 1, value: '%TAG%2' }],
    }),
    by(
      'bridge',
      'a removed one of the type',
      ID,
      'create',
      { vals_list: [{ partner_id: '$people.0', id_type_id: 1, value: '%TAG%3', status: 'invalid' }] },
      'removed',
    ),
    by('bridge', 'make the removed one valid', ID, 'write', { ids: ['$removed'], vals: { status: 'valid' } }),
    by('bridge', 'give it to somebody else and make it valid', ID, 'write', {
      ids: ['$removed'],
      vals: { status: 'valid', partner_id: '$people.1' },
    }),
    by('bridge', 'two of a type at once', ID, 'create', {
      vals_list: [
        { partner_id: '$people.1', id_type_id: 2, value: '%TAG%4' },
        { partner_id: '$people.1', id_type_id: 2, value: '%TAG%5' },
      ],
    }),
    by('bridge', 'no type', ID, 'create', { vals_list: [{ partner_id: '$people.1', value: '%TAG%6' }] }),
    by('bridge', 'nothing', ID, 'create', { vals_list: [{}] }),
    by('bridge', 'a type that does not exist', ID, 'create', {
      vals_list: [{ partner_id: '$people.1', id_type_id: 99999999 }],
    }),
    by('bridge', 'a person who does not exist', ID, 'create', {
      vals_list: [{ partner_id: 99999999, id_type_id: 1 }],
    }),
    by('bridge', 'take the type', ID, 'write', { ids: ['$first'], vals: { id_type_id: false } }),
    by('bridge', 'write the status of one that is gone', ID, 'write', {
      ids: [99999999],
      vals: { status: 'valid' },
    }),
    by('bridge', 'write the value of one that is gone', ID, 'write', {
      ids: [99999999],
      vals: { value: 'x' },
    }),

    by('admin', 'a program', 'spp.program', 'create', { vals_list: [{ name: 'Program %TAG%' }] }, 'program'),
    by(
      'bridge',
      'a membership',
      'spp.program.membership',
      'create',
      { vals_list: [{ partner_id: '$people.0', program_id: '$program' }] },
      'membership',
    ),
    by('bridge', 'the membership', 'spp.program.membership', 'read', {
      ids: ['$membership'],
      fields: ['partner_id', 'program_id', 'state', 'exit_date', 'exit_reason', 'enrollment_date'],
    }),
    by('bridge', 'the same membership', 'spp.program.membership', 'create', {
      vals_list: [{ partner_id: '$people.0', program_id: '$program', state: 'enrolled' }],
    }),
    by('bridge', 'a program that does not exist', 'spp.program.membership', 'create', {
      vals_list: [{ partner_id: '$people.0', program_id: 99999999 }],
    }),
    by('bridge', 'leave the program', 'spp.program.membership', 'write', {
      ids: ['$membership'],
      vals: { state: 'exited', exit_date: '2024-01-01', exit_reason: 'why' },
    }),

    by(
      'admin',
      'a sender',
      'spp.dci.crvs.sender',
      'create',
      { vals_list: [{ name: 'Sender %TAG%', sender_id: 'a.b-c_%TAG%' }] },
      'sender',
    ),
    by('admin', 'the same sender', 'spp.dci.crvs.sender', 'create', {
      vals_list: [{ name: 'Again', sender_id: 'a.b-c_%TAG%' }],
    }),
    by('admin', 'a sender with a space', 'spp.dci.crvs.sender', 'create', {
      vals_list: [{ name: 'Space', sender_id: 'a b' }],
    }),
    by('admin', 'a sender without an id', 'spp.dci.crvs.sender', 'create', { vals_list: [{ name: 'None' }] }),
    by('admin', 'a bad key address', 'spp.dci.crvs.sender', 'write', {
      ids: ['$sender'],
      vals: { jwks_url: 'ftp://x' },
    }),
    by('admin', 'a bad algorithm', 'spp.dci.crvs.sender', 'write', {
      ids: ['$sender'],
      vals: { algorithm: 'none' },
    }),
    by('admin', 'archive the sender', 'spp.dci.crvs.sender', 'write', {
      ids: ['$sender'],
      vals: { active: false },
    }),

    by(
      'admin',
      'a data source',
      'spp.dci.data.source',
      'create',
      {
        vals_list: [
          { name: 'Source %TAG%', code: 's_%TAG%', base_url: 'https://example.test', bearer_token: 'secret' },
        ],
      },
      'source',
    ),
    by('admin', 'the data source', 'spp.dci.data.source', 'read', { ids: ['$source'] }),
    by('bridge', 'the data source, as the bridge', 'spp.dci.data.source', 'read', { ids: ['$source'] }),
    by('admin', 'the same code', 'spp.dci.data.source', 'create', {
      vals_list: [{ name: 'x', code: 's_%TAG%', base_url: 'x' }],
    }),
    by('admin', 'an upper case code', 'spp.dci.data.source', 'create', {
      vals_list: [{ name: 'x', code: 'S_%TAG%', base_url: 'x' }],
    }),
    by('admin', 'no code', 'spp.dci.data.source', 'create', { vals_list: [{ name: 'x', base_url: 'x' }] }),

    by('admin', 'a code of a system vocabulary', 'spp.vocabulary.code', 'create', {
      vals_list: [{ vocabulary_id: 1, code: '%TAG%', display: 'x' }],
    }),
    by(
      'admin',
      'a local code',
      'spp.vocabulary.code',
      'create',
      {
        vals_list: [
          {
            vocabulary_id: 1,
            code: '%TAG%',
            display: 'Local %TAG%',
            is_local: true,
            id_validation: '^[A-Z]{2}\\d+$',
          },
        ],
      },
      'code',
    ),
    by('bridge', 'the local code', 'spp.vocabulary.code', 'read', {
      ids: ['$code'],
      fields: ['display_name', 'namespace_uri', 'uri', 'sequence', 'target_type', 'vocabulary_id'],
    }),
    by('admin', 'the same code again', 'spp.vocabulary.code', 'create', {
      vals_list: [{ vocabulary_id: 1, code: '%TAG%', display: 'x', is_local: true }],
    }),
    by('admin', 'rename the code', 'spp.vocabulary.code', 'write', {
      ids: ['$code'],
      vals: { code: '%TAG%x' },
    }),
    by('bridge', 'the renamed code', 'spp.vocabulary.code', 'read', {
      ids: ['$code'],
      fields: ['code', 'uri'],
    }),
    by('bridge', 'an ID in the wrong format', ID, 'create', {
      vals_list: [{ partner_id: '$people.1', id_type_id: '$code', value: 'a b' }],
    }),
    by(
      'bridge',
      'an ID in the right format',
      ID,
      'create',
      { vals_list: [{ partner_id: '$people.1', id_type_id: '$code', value: 'AB12' }] },
      'formatted',
    ),
    by('bridge', 'change it to a wrong one', ID, 'write', { ids: ['$formatted'], vals: { value: 'xAB12' } }),
    by('admin', 'delete a code that is in use', 'spp.vocabulary.code', 'unlink', { ids: ['$code'] }),

    by('admin', 'a person with events', EVENT, 'write', {
      ids: ['$second'],
      vals: { person_id: '$people.1' },
    }),
    by('admin', 'delete a program that is in use', 'spp.program', 'unlink', { ids: ['$program'] }),
    by('admin', 'delete the events', EVENT, 'unlink', { ids: ['$event', '$second'] }),
    by('admin', 'delete them again', EVENT, 'unlink', { ids: ['$event', '$second'] }),
    by('bridge', 'the events are gone', EVENT, 'read', { ids: ['$event', '$second'], fields: ['name'] }),
    by('admin', 'delete nothing', EVENT, 'unlink', {}),
    by('admin', 'take the code out of use', 'spp.vocabulary.code', 'write', {
      ids: ['$code'],
      vals: { active: false },
    }),
    by('admin', 'switch the data source off', 'spp.dci.data.source', 'write', {
      ids: ['$source'],
      vals: { active: false },
    }),
  ],
};
