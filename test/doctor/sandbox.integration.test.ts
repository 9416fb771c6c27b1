import { afterEach, describe, expect, test } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { pairOf, pemOf } from '../dci/support.ts';
import { examineSandbox, findingOf, gapsOf, statesOf } from './support.ts';

const EVENT = 'spp.dci.crvs.event';
const SENDER = 'spp.dci.crvs.sender';
const PEM = pemOf(pairOf('ed25519').publicKey);

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function start(options: SandboxOptions = {}): Promise<void> {
  sandbox = await startSandbox(options);
}

function asAdmin(model: string, method: string, keywords: Record<string, unknown>): unknown {
  return sandbox.execute('admin', model, method, keywords);
}

function registerSender(sender_id: string, values: Record<string, unknown>): void {
  asAdmin(SENDER, 'create', { vals_list: [{ name: sender_id, sender_id, ...values }] });
}

const GOOD_SENDER = { public_key: PEM, algorithm: 'ed25519' };
/** Plain OpenSPP has no ID types for these. */
const NO_NUMBERS = [
  'warning id-types.registries',
  ...['death', 'marriage', 'divorce'].map((type) => `warning id-types.registration-number.${type}`),
];

describe('a user', () => {
  test.each(['json2', 'jsonrpc', 'xmlrpc'] as const)(
    'with just the rights that the bridge needs, over %s',
    async (protocol) => {
      await start();
      registerSender('crvs.example.org', GOOD_SENDER);
      const { findings } = await examineSandbox(sandbox, sandbox.bridge, { protocol });
      const gaps = gapsOf(findings).filter((gap) => gap !== 'warning connection.protocol');
      expect(gaps).toEqual(NO_NUMBERS);
      expect(findingOf(findings, 'user.id').found).toContain('user 5');
    },
  );

  test('without registry rights gets the name of the group', async () => {
    await start();
    const { findings } = await examineSandbox(sandbox, sandbox.clerk);
    expect(statesOf(findings)).toMatchObject({
      'models.event': 'ok',
      'models.registrant': 'problem',
      'models.registryId': 'problem',
      'models.membership': 'problem',
      'models.sender': 'ok',
    });
    expect(findingOf(findings, 'models.registryId')).toMatchObject({
      found: expect.stringContaining('may not read, create, write'),
      fix: expect.stringContaining('"Registry: Officer"'),
    });
  });

  test('who is an administrator has more than is needed', async () => {
    await start();
    const { findings } = await examineSandbox(sandbox, sandbox.admin);
    expect(findingOf(findings, 'user.least-privilege')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('administrator'),
    });
  });
});

describe('an OpenSPP', () => {
  test('with more modules', async () => {
    await start({ extras: true });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    const numbers = findingOf(findings, 'id-types.registration-number.birth');
    expect(numbers.found).toContain('BRN as brn');
    expect(findingOf(findings, 'event-table.names').found).toContain('type death');
    expect(findings.map(({ id }) => id)).not.toContain('fields.registrant.death_date');
  });

  test('without the programs module', async () => {
    await start({ programs: false });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'models.membership')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('not installed'),
    });
    expect(findingOf(findings, 'fields.membership').state).toBe('skipped');
  });

  test('with ID types that differ only in letter case', async () => {
    await start({ extras: true });
    const values = { vocabulary_id: 1, code: 'BRN', display: 'BRN', is_local: true };
    asAdmin('spp.vocabulary.code', 'create', { vals_list: [values] });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'id-types.letter-case.brn').state).toBe('warning');
  });

  test('without the civil status "divorced"', async () => {
    await start();
    const domain = [
      ['code', '=', 'D'],
      ['vocabulary_id', '=', 2],
    ];
    const ids = asAdmin('spp.vocabulary.code', 'search', { domain });
    asAdmin('spp.vocabulary.code', 'write', { ids, vals: { active: false } });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(statesOf(findings)).toMatchObject({
      'civil-status.married': 'ok',
      'civil-status.divorced': 'problem',
    });
  });
});

describe('how changes are applied', () => {
  const ways = async (options: SandboxOptions) => {
    await start(options);
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    return Object.fromEntries(
      findings
        .filter(({ id }) => id.startsWith('changes.mode.'))
        .map(({ id, state, found }) => [id.slice('changes.mode.'.length), `${state}: ${found}`]),
    );
  };

  test('directly, where the registry is not locked', async () => {
    expect(await ways({ changeRequests: true })).toMatchObject({
      birth: expect.stringContaining('ok: Births are written into the registrant'),
      marriage: expect.stringContaining('ok: '),
    });
  });

  test('by change requests, under the lock', async () => {
    expect(await ways({ lock: true, changeRequests: true, sourceTracking: true })).toMatchObject({
      birth: expect.stringContaining('ok: Births are filed as change requests'),
      death: expect.stringContaining('ok: Deaths are filed as change requests'),
      marriage: expect.stringContaining('warning: Marriages end in error'),
    });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'changes.lock').found).toContain('The registry is locked');
    expect(findingOf(findings, 'changes.provenance').found).toContain('res.partner, spp.registry.id');
  });

  test.each([
    ['there are no change requests', { lock: true }, 'this OpenSPP has no change requests'],
    [
      'the user may not file any',
      { lock: true, changeRequests: true, bridgeFiles: false },
      'may not file change requests',
    ],
  ] as [string, SandboxOptions, string][])('not at all, where %s', async (_what, options, reason) => {
    const found = await ways(options);
    for (const way of Object.values(found)) {
      expect(way).toMatch(/^problem: .* wait in the inbox/);
      expect(way).toContain(reason);
    }
    expect(Object.keys(found)).toHaveLength(4);
  });
});

test('registrants of other companies, and archived ones, are counted', async () => {
  await start();
  const [company] = asAdmin('res.company', 'create', { vals_list: [{ name: 'Island' }] }) as [number];
  const [type] = asAdmin('spp.vocabulary.code', 'search', { domain: [['code', '=', 'national_id']] }) as [
    number,
  ];
  const values = [{}, { company_id: company }, { active: false }];
  for (const [index, more] of values.entries()) {
    const [id] = asAdmin('res.partner', 'create', {
      vals_list: [{ name: `P${index}`, is_registrant: true, ...more }],
    }) as [number];
    asAdmin('spp.registry.id', 'create', {
      vals_list: [{ partner_id: id, id_type_id: type, value: `V${index}` }],
    });
  }
  const { findings } = await examineSandbox(sandbox, sandbox.bridge);
  expect(findingOf(findings, 'visibility.registrants')).toMatchObject({
    state: 'warning',
    found: expect.stringMatching(/^Of 3 registry IDs, 1 are of .*who never match: 1\.$/),
  });
});

test('hidden memberships of disabled registrants are spoken of', async () => {
  await start();
  asAdmin('res.partner', 'create', {
    vals_list: [{ name: 'P', is_registrant: true, disabled: '2026-01-01 00:00:00' }],
  });
  const { findings } = await examineSandbox(sandbox, sandbox.bridge);
  expect(findingOf(findings, 'changes.hidden-memberships').found).toMatch(/^Disabled registrants: 1\./);
});

describe('senders', () => {
  test('none', async () => {
    await start();
    registerSender('archived', { ...GOOD_SENDER, active: false });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'senders.usable').state).toBe('problem');
  });

  test('whose keys cannot be used are warned of, each for its own reason, without the key', async () => {
    await start();
    registerSender('good', GOOD_SENDER);
    registerSender('none', { algorithm: 'ed25519' });
    registerSender('jwks', { jwks_url: 'https://crvs.example.org/jwks.json' });
    registerSender('other-algorithm', { ...GOOD_SENDER, algorithm: 'rs256' });
    registerSender('garbled', { algorithm: 'ed25519', public_key: 'MCowBQYDK2VwAyEA' });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(gapsOf(findings).filter((gap) => gap.includes('senders'))).toEqual(
      ['garbled', 'none', 'other-algorithm'].map((sender) => `warning senders.key.${sender}`),
    );
    const jwks = findingOf(findings, 'senders.key.jwks');
    expect(jwks).toMatchObject({ state: 'ok', found: expect.stringContaining('senders fetch-keys jwks') });
    const printed = JSON.stringify(findings);
    expect(printed).not.toContain('MCowBQYDK2VwAyEA');
    expect(printed).not.toContain(sandbox.bridge.apiKey);
  });

  test('with a JWKS URL alone can be verified; a bad key beside it is warned of', async () => {
    await start();
    const jwks_url = 'https://crvs.example.org/jwks.json';
    registerSender('jwks', { jwks_url });
    registerSender('both', { jwks_url, algorithm: 'ed25519', public_key: 'MCowBQYDK2VwAyEA' });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'senders.usable').state).toBe('ok');
    expect(gapsOf(findings).filter((gap) => gap.includes('senders'))).toEqual(['warning senders.key.both']);
  });

  test('with a JWKS URL that the bridge does not ask are warned of, unless that is allowed', async () => {
    await start();
    registerSender('http', { jwks_url: 'http://crvs.example.org/jwks.json' });
    registerSender('inside', { jwks_url: 'https://10.0.0.7/jwks.json' });
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'senders.usable').state).toBe('problem');
    expect(findingOf(findings, 'senders.key.http').found).toContain('not https');
    expect(findingOf(findings, 'senders.key.inside').found).toContain('not public');
    const jwksPolicyOf = () => ({ allowHttp: true, allowPrivateAddresses: true });
    const allowed = await examineSandbox(sandbox, sandbox.bridge, {}, { jwksPolicyOf });
    expect(gapsOf(allowed.findings).filter((gap) => gap.includes('senders'))).toEqual([]);
  });

  test('of whom none can be verified', async () => {
    await start();
    registerSender('none', {});
    const { findings } = await examineSandbox(sandbox, sandbox.bridge);
    expect(findingOf(findings, 'senders.usable').state).toBe('problem');
  });

  test('who need not sign', async () => {
    await start();
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, {}, { allowUnsigned: true });
    expect(findingOf(findings, 'senders.unsigned').state).toBe('warning');
  });
});

describe('writing', () => {
  const rows = (domain: unknown[] = [['active', 'in', [true, false]]]) =>
    asAdmin(EVENT, 'search_read', { domain, fields: ['state', 'active', 'name', 'notes'] }) as Record<
      string,
      unknown
    >[];

  test('nothing, unless asked to', async () => {
    await start({ extras: true });
    await examineSandbox(sandbox, sandbox.bridge);
    const writing = /\.(create|write|unlink|load|action_\w+|next_by_code)$/;
    const before = Object.keys(sandbox.requests).filter((name) => writing.test(name));
    expect(before).toEqual([]);
    expect(rows()).toEqual([]);
  });

  test('a measurement leaves archived rows that say what they are, and can be repeated', async () => {
    await start({ extras: true });
    for (const times of [1, 2]) {
      const { findings, createCost } = await examineSandbox(
        sandbox,
        sandbox.bridge,
        {},
        { measureCreate: true },
      );
      expect(createCost).toMatchObject({ rowsWritten: 60 });
      expect(createCost?.msPerRow).toBeGreaterThan(0);
      expect(findingOf(findings, 'event-table.create').fix).toContain('CREATE INDEX CONCURRENTLY');
      expect(rows()).toHaveLength(times * 60);
    }
    expect(rows([])).toEqual([]);
    const odd = rows().filter(
      ({ state, active, notes }) =>
        state !== 'error' || active !== false || !String(notes).includes('doctor'),
    );
    expect(odd).toEqual([]);
  });
});
