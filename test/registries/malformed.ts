const item = (members: object) => ({ message: { search_response: [members] } });
const success = (data: unknown) => item({ status: 'succ', data });

/** Answers that are no answer, and the reason why what was asked is not known. */
export const MALFORMED: readonly [string, unknown, string][] = [
  ['a refusal in upper case', item({ status: 'RJCT', data: { reg_records: [] } }), 'refused'],
  ['a refusal as a word', item({ status: 'Rejected', data: { reg_records: [] } }), 'refused'],
  ['a failure', item({ status: 'failed', data: { reg_records: [] } }), 'refused'],
  ['an error', item({ status: 'ERROR', data: null }), 'refused'],
  ['a refusal by the header', { header: { status: 'REJECTED' }, ...success({ reg_records: [] }) }, 'refused'],
  ['no answer yet', item({ status: 'pdng', data: null }), 'pending'],
  ['no answer yet, in upper case', item({ status: 'PDNG', data: { reg_records: [] } }), 'pending'],
  ['no answer yet, as a word', item({ status: 'in progress' }), 'pending'],
  ['only that it was received', item({ status: 'RCVD', data: { reg_records: [] } }), 'pending'],
  ['no status', item({ data: { reg_records: [] } }), 'unreadable'],
  ['a null for a status', item({ status: null, data: { reg_records: [] } }), 'unreadable'],
  ['an unknown status', item({ status: 'partly', data: { reg_records: [] } }), 'unreadable'],
  ['a status that is no text', item({ status: { code: 'succ' }, data: { reg_records: [] } }), 'unreadable'],
  ['no data', item({ status: 'succ' }), 'unreadable'],
  ['a null for data', success(null), 'unreadable'],
  ['text for data', success(''), 'unreadable'],
  ['records of another name', success({ persons: [] }), 'unreadable'],
  ['a null for the records', success({ reg_records: null }), 'unreadable'],
  ['text for the records', success({ reg_records: '' }), 'unreadable'],
  ['an empty record', success({ reg_records: [{}] }), 'unreadable'],
  ['a null for a record', success({ reg_records: [null] }), 'unreadable'],
  ['text for a record', success({ records: ['111'] }), 'unreadable'],
  ['no response', { message: { search_response: [] } }, 'unreadable'],
  ['a null for the response', { message: { search_response: null } }, 'unreadable'],
  ['a response that is no list', { message: { search_response: {} } }, 'unreadable'],
  ['records of others', success({ reg_records: [{ uin: '999', death_date: '2024-12-01' }] }), 'other_person'],
  ['records of nobody', success({ reg_records: [{ death_date: '2024-12-01' }] }), 'unidentified'],
];

/** Bodies that are not the answer at all. */
export const NO_ANSWERS: readonly [string, unknown, string][] = [
  ['an acknowledgement', { message: { ack_status: 'ACK', correlation_id: 'c' } }, 'pending'],
  [
    'a NACK',
    { message: { ack_status: 'NACK', error: { code: 'err.request.bad', message: 'no' } } },
    'refused',
  ],
  ['a page of HTML', '<html>sign in</html>', 'unreadable'],
  ['no message', {}, 'unreadable'],
  [
    'an answer that is not finished',
    { header: { status: 'pdng' }, ...success({ reg_records: [] }) },
    'pending',
  ],
];
