import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadSettings } from '../../src/config/load.ts';
import { temporaryFolder } from '../inbox/support.ts';

/** A file with this text, gone after the test. */
function file(text: string, name = 'config.yaml'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** Why the settings stop the start. */
function refusal(env: NodeJS.ProcessEnv, path?: string): string {
  try {
    loadSettings(env, path);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the settings were taken');
}

const ODOO = {
  ODOO_URL: 'https://odoo.example.org',
  ODOO_DB: 'openspp',
  ODOO_LOGIN: 'bridge',
  ODOO_API_KEY: 'key-1234567890',
};

describe('a file', () => {
  it('changes what it names, and only that', () => {
    const defaults = loadSettings({});
    const settings = loadSettings({}, file('server:\n  port: 9000\nreceiver_ids: [openspp, spp]\n'));
    expect(settings).toEqual({
      ...defaults,
      server: { ...defaults.server, port: 9000 },
      receiving: { ...defaults.receiving, receiverIds: ['openspp', 'spp'] },
    });
  });

  it('may be JSON', () => {
    expect(loadSettings({}, file('{"delivery": {"concurrency": 7}}')).delivery.concurrency).toBe(7);
  });

  it('may be empty, or comments alone', () => {
    for (const text of ['', '\n', '# nothing\n'])
      expect(loadSettings({}, file(text))).toEqual(loadSettings({}));
  });

  it('adds aliases, replaces one, and replaces lists whole', () => {
    const { matching } = loadSettings(
      {},
      file('matching:\n  order: [NID]\n  aliases:\n    UIN: [uin_x]\n    TAX: [tax_id]\n'),
    );
    expect(matching.order).toEqual(['NID']);
    expect(Object.fromEntries(matching.aliases)).toMatchObject({
      UIN: ['uin_x'],
      TAX: ['tax_id'],
      NID: ['national_id'],
    });
  });

  it.each([
    ['server:\n  prot: 1\n', 'server.prot'],
    ['sever:\n  port: 1\n', 'sever'],
    ['odoo:\n  urls: [a]\n  dbs: b\n', 'odoo.urls, odoo.dbs'],
    ['matching:\n  registration_numbers:\n    adoption: [X]\n', 'matching.registration_numbers.adoption'],
  ])('with an unknown setting is refused with its name: %j', (text, name) => {
    expect(refusal({}, file(text))).toContain(`unknown setting ${name};`);
  });

  it.each([
    ['server: {port: "8080"}', 'server.port (PORT)'],
    ['server: {port: 70000}', 'server.port (PORT)'],
    ['server: {host: ""}', 'server.host (HOST)'],
    ['server: {host: null}', 'server.host (HOST)'],
    ['server: {max_body_bytes: 0}', 'server.max_body_bytes'],
    ['server: {max_body_bytes: 1.5}', 'server.max_body_bytes'],
    ['server: {shutdown_seconds: 0}', 'server.shutdown_seconds'],
    ['inbox: {url: "postgres://x"}', 'inbox.url (INBOX_URL)'],
    ['inbox: {url: "mysql://x/y"}', 'inbox.url (INBOX_URL)'],
    ['inbox: {lease_seconds: 1}', 'inbox.lease_seconds'],
    ['server: {role: boss}', 'server.role (ROLE)'],
    ['server: {role: worker}', 'set inbox.url (INBOX_URL) to postgres://'],
    ['server: {role: receiver}', 'only one process can serve an SQLite inbox'],
    ['inbox: {retention_days: -1}', 'inbox.retention_days'],
    ['odoo: {url: "ftp://odoo.example.org"}', 'odoo.url (ODOO_URL)'],
    ['odoo: {protocol: soap}', 'odoo.protocol (ODOO_PROTOCOL)'],
    ['odoo: {timeout_seconds: never}', 'odoo.timeout_seconds'],
    ['signature: {allow_unsigned: "yes"}', 'signature.allow_unsigned (ALLOW_UNSIGNED)'],
    ['signature: {clock_skew_seconds: -1}', 'signature.clock_skew_seconds'],
    ['delivery: {batch_size_maximum: 0}', 'delivery.batch_size_maximum'],
    ['delivery: {concurrency: 65}', 'delivery.concurrency'],
    ['matching: {order: UIN}', 'matching.order'],
    ['matching: {aliases: {UIN: national_id}}', 'matching.aliases.UIN'],
    ['matching: {normalise: {NID: [strip]}}', 'matching.normalise.NID'],
    ['matching: {normalise: {NID: {strip: true, spellings: ["A-#"]}}}', 'matching.normalise.NID.spellings.0'],
    ['matching: {normalise: {NID: {spellings: ["#-#"]}}}', 'matching.normalise.NID.spellings'],
    ['log: {level: loud}', 'log.level (LOG_LEVEL)'],
    ['receiver_ids: openspp', 'receiver_ids'],
    ['server: 5', 'server'],
    ['jwks: {timeout_seconds: 11}', 'jwks.timeout_seconds'],
    ['jwks: {grace_seconds: -1}', 'jwks.grace_seconds'],
    ['senders: {by_id: {crvs.a: {rate_per_minute: 0}}}', 'senders.by_id.crvs.a.rate_per_minute'],
    ['senders: {by_id: {crvs.a: {event_types: [adoption]}}}', 'senders.by_id.crvs.a.event_types'],
    ['senders: {by_id: {crvs.a: {rate: 5}}}', 'senders.by_id.crvs.a.rate'],
  ])('with the bad value in %s is refused by its name', (text, name) => {
    expect(refusal({}, file(text))).toContain(name);
  });

  it('names all that is wrong at once', () => {
    const message = refusal({}, file('server: {port: -1}\nlog: {level: loud}\nnews: 1\n'));
    for (const name of ['server.port', 'log.level', 'news']) expect(message).toContain(name);
  });

  it.each([
    ['that is a list', '[1, 2]', 'settings by name'],
    ['that is text', 'port 8080', 'settings by name'],
    ['that is no YAML', 'server:\n  port: [1\nlog: {', 'not YAML'],
    ['with a setting twice', 'server:\n  port: 1\n  port: 2\n', 'line 3'],
  ])('%s is refused', (_what, text, why) => {
    expect(refusal({}, file(text))).toContain(why);
  });

  it('that is not there is refused', () => {
    expect(refusal({}, join(temporaryFolder(), 'none.yaml'))).toContain('ENOENT');
  });
});

describe('the environment', () => {
  it('wins over the file', () => {
    const path = file('server: {port: 9000, host: 10.0.0.1}');
    expect(loadSettings({ PORT: '9001' }, path).server).toMatchObject({ port: 9001, host: '10.0.0.1' });
  });

  it.each([
    ['HOST', '0.0.0.0', 'server', { host: '0.0.0.0' }],
    ['PORT', '0', 'server', { port: 0 }],
    ['ADMIN_TOKEN', 'a'.repeat(32), 'server', { adminToken: 'a'.repeat(32) }],
    ['INBOX_URL', 'sqlite:/tmp/x.db', 'inbox', { url: 'sqlite:/tmp/x.db' }],
    [
      'INBOX_URL',
      'postgres://u:p%40@h/d?sslmode=require',
      'inbox',
      { url: 'postgres://u:p%40@h/d?sslmode=require' },
    ],
    ['ROLE', 'all', 'server', { role: 'all' }],
    ['ODOO_URL', 'http://127.0.0.1:8069', 'odoo', { url: 'http://127.0.0.1:8069' }],
    ['ODOO_DB', 'other', 'odoo', { db: 'other' }],
    ['ODOO_LOGIN', 'other', 'odoo', { login: 'other' }],
    ['ODOO_API_KEY', 'other', 'odoo', { apiKey: 'other' }],
    ['ODOO_PASSWORD', 'other', 'odoo', { password: 'other' }],
    ['ODOO_PROTOCOL', 'xmlrpc', 'odoo', { protocol: 'xmlrpc' }],
    ['ALLOW_UNSIGNED', 'true', 'signature', { allowUnsigned: true }],
    ['KEYS_DIR', '/var/keys', 'keys', { directory: '/var/keys' }],
    ['SIGNING_KEY', 'a\nkey', 'keys', { signingKey: 'a\nkey' }],
    ['ENCRYPTION_KEY', 'a key', 'keys', { encryptionKey: 'a key' }],
    ['LOG_LEVEL', 'debug', 'log', { level: 'debug' }],
  ] as const)('sets %s, or by a file named in it', (name, value, group, expected) => {
    expect(loadSettings({ ...ODOO, [name]: value })[group]).toMatchObject(expected);
    const { [name as keyof typeof ODOO]: _replaced, ...others } = ODOO;
    for (const end of ['', '\n', '\r\n']) {
      const path = file(`${value}${end}`, 'secret');
      expect(loadSettings({ ...others, [`${name}_FILE`]: path })[group]).toMatchObject(expected);
    }
  });

  it.each([
    ['true', true],
    ['1', true],
    ['YES', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['No', false],
    ['off', false],
  ])('reads ALLOW_UNSIGNED=%s', (text, value) => {
    expect(loadSettings({ ALLOW_UNSIGNED: text }).signature.allowUnsigned).toBe(value);
  });

  it('counts an empty variable as not set', () => {
    expect(loadSettings({ PORT: '', ODOO_URL: '', ALLOW_UNSIGNED: '', PORT_FILE: '' })).toEqual(
      loadSettings({}),
    );
    const path = file('9001', 'port');
    expect(loadSettings({ PORT: '', PORT_FILE: path }).server.port).toBe(9001);
  });

  it('keeps the spaces and inner line breaks of a secret', () => {
    const path = file(' a\nb \n', 'secret');
    expect(loadSettings({ ...ODOO, ODOO_API_KEY: '', ODOO_API_KEY_FILE: path }).odoo.apiKey).toBe(' a\nb ');
  });

  it.each([
    ['PORT', '80a', 'PORT'],
    ['PORT', '-1', 'PORT'],
    ['PORT', '1e3', 'PORT'],
    ['PORT', ' 80', 'PORT'],
    ['PORT', '70000', 'PORT'],
    ['ALLOW_UNSIGNED', 'maybe', 'ALLOW_UNSIGNED'],
    ['ODOO_PROTOCOL', 'soap', 'ODOO_PROTOCOL'],
    ['ODOO_URL', 'odoo.example.org', 'ODOO_URL'],
    ['INBOX_URL', '/data/inbox.db', 'INBOX_URL'],
    ['INBOX_URL', 'sqlite:', 'INBOX_URL'],
    ['ADMIN_TOKEN', 'short', 'ADMIN_TOKEN'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL'],
  ])('with %s=%j is refused by its name', (name, value, named) => {
    expect(refusal({ ...ODOO, [name]: value })).toContain(named);
  });

  it('with a variable and its file is refused', () => {
    const message = refusal({ ...ODOO, ODOO_API_KEY_FILE: file('x') });
    expect(message).toContain('ODOO_API_KEY and ODOO_API_KEY_FILE are both set');
  });

  it('with a file that cannot be read is refused by its name', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'secret'));
    expect(refusal({ ODOO_API_KEY_FILE: join(folder, 'none') })).toMatch(/^ODOO_API_KEY_FILE .*ENOENT/);
    expect(refusal({ ODOO_API_KEY_FILE: join(folder, 'secret') })).toMatch(/^ODOO_API_KEY_FILE .*EISDIR/);
  });
});

describe('settings together', () => {
  it.each([
    ['crvs.a: {aliases: [x]}, crvs.b: {aliases: [x]}'],
    ['crvs.a: {aliases: [crvs.b]}, crvs.b: {}'],
    ['crvs.a: {aliases: [crvs.a]}'],
    ['crvs.a: {aliases: [x, x]}'],
  ])('let a sender speak only for itself: %s', (byId) => {
    expect(refusal({}, file(`senders: {by_id: {${byId}}}`))).toContain(
      'senders.by_id: an alias is there twice',
    );
  });

  it('remember a message for longer than its sender may sign it for', () => {
    const day = 86_400;
    const windows = (general: number, own: number) =>
      file(
        `inbox: {retention_days: 10}\nsignature: {max_window_seconds: ${general}}\n` +
          `senders: {by_id: {crvs.a: {max_window_seconds: ${own}}}}`,
      );
    expect(() => loadSettings({}, windows(day, 9 * day))).not.toThrow();
    const names = ['signature.max_window_seconds', 'senders.by_id.crvs.a.max_window_seconds'];
    for (const [name, text] of [
      [names[0], windows(9 * day + 1, day)],
      [names[1], windows(day, 9 * day + 1)],
    ] as const) {
      expect(refusal({}, text)).toContain(`less than a day above ${name}:`);
    }
  });

  it('need bounds for fetched keys that leave something between them', () => {
    expect(refusal({}, file('jwks: {minimum_seconds: 7200}'))).toContain('jwks.minimum_seconds');
  });

  it.each([
    ['ODOO_DB', 'odoo.db (ODOO_DB)'],
    ['ODOO_LOGIN', 'odoo.login (ODOO_LOGIN)'],
    ['ODOO_API_KEY', 'ODOO_PASSWORD'],
  ])('need %s where ODOO_URL is set', (name, named) => {
    expect(refusal({ ...ODOO, [name]: undefined })).toContain(named);
  });

  it('need no key where there is a password', () => {
    const { odoo } = loadSettings({ ...ODOO, ODOO_API_KEY: undefined, ODOO_PASSWORD: 'secret' });
    expect(odoo).toMatchObject({ apiKey: null, password: 'secret' });
  });

  it('keep a replaced key for as long as others may keep the key set', () => {
    expect(refusal({}, file('keys: {overlap_seconds: 3599}'))).toContain('keys.overlap_seconds');
    expect(loadSettings({}, file('keys: {overlap_seconds: 3600}')).keys.overlapMs).toBe(3_600_000);
  });

  describe('with NODE_ENV=production', () => {
    const NODE_ENV = 'production';
    it('are taken where Odoo is named', () => {
      expect(loadSettings({ ...ODOO, NODE_ENV }).odoo.url).toBe(ODOO.ODOO_URL);
    });

    it('are refused with unsigned messages, wherever that was switched on', () => {
      expect(refusal({ ...ODOO, NODE_ENV, ALLOW_UNSIGNED: 'true' })).toContain('ALLOW_UNSIGNED');
      expect(refusal({ ...ODOO, NODE_ENV }, file('signature: {allow_unsigned: true}'))).toContain(
        'ALLOW_UNSIGNED',
      );
    });
  });
});

describe('error messages', () => {
  const SECRET = 'sEcReT-42';
  it.each([
    ['a short token', { ADMIN_TOKEN: SECRET }],
    ['a bad address with a password in it', { ...ODOO, ODOO_URL: `ftp://bridge:${SECRET}@odoo` }],
    ['a bad inbox', { INBOX_URL: `postgres://bridge:${SECRET}@db` }],
    ['a role that the inbox does not go with', { INBOX_URL: `sqlite:${SECRET}`, ROLE: 'worker' }],
    ['a number that is none', { PORT: SECRET }],
    ['a switch that is none', { ALLOW_UNSIGNED: SECRET }],
    ['a protocol', { ...ODOO, ODOO_PROTOCOL: SECRET }],
    ['a level', { LOG_LEVEL: SECRET }],
    ['both set', { ...ODOO, ODOO_API_KEY: SECRET, ODOO_API_KEY_FILE: `/run/${SECRET}` }],
    ['a key without a database', { ...ODOO, ODOO_API_KEY: SECRET, ODOO_DB: '' }],
  ])('never quote a value: %s', (_what, env) => {
    expect(refusal(env)).not.toContain(SECRET);
  });

  it.each([
    `odoo: {api_key: ["${SECRET}"]}`,
    `odoo: {password: {${SECRET}: 1}}`,
    `server: {admin_token: ${SECRET}}`,
    `keys: {signing_key: ["${SECRET}"]}`,
    `odoo:\n  password: "${SECRET}\n  db: [`,
    `odoo: ${SECRET}`,
    `- ${SECRET}`,
    `odoo:\n  password: ${SECRET}\n  password: ${SECRET}\n`,
  ])('never quote a value of the file: %j', (text) => {
    expect(refusal({}, file(text))).not.toContain(SECRET);
  });
});

describe('the forms of OpenCRVS', () => {
  const forms = (birth: object) =>
    loadSettings(
      {},
      file(
        JSON.stringify({ opencrvs_events: { forms: { birth: { registration_number: 'BRN', ...birth } } } }),
      ),
    );
  const child = { date: ['child.dob'], identifiers: { NID: ['child.nid'] } };

  it('may name a country’s own fields, or be dropped', () => {
    expect(forms({ persons: [child] }).opencrvs_events.forms.get('birth')?.persons[0]?.identifiers).toEqual({
      NID: ['child.nid'],
    });
    const dropped = loadSettings({}, file('opencrvs_events: {forms: {marriage: null}}'));
    expect(dropped.opencrvs_events.forms.has('marriage')).toBe(false);
    expect([...dropped.opencrvs_events.dropped]).toEqual(['marriage']);
  });

  it.each([
    [
      { persons: [{ ...child, identifiers: { NID: ['mother.nid'] } }] },
      'birth.persons[0].identifiers.NID: mother.nid',
    ],
    [{ persons: [child, child] }, 'birth.persons: a birth is about one person'],
    [
      { persons: [{ ...child, identifiers: { NID: ['a.b'], UIN: ['a.b'] } }] },
      'birth.persons[0].identifiers.UIN: a.b',
    ],
    [{ registration_number: 'DRN' }, 'birth.registration_number: DRN is not among'],
    [{ persons: [{}] }, 'opencrvs_events.forms.birth.persons.0.date'],
  ])('are checked: %j', (birth, reason) => {
    expect(() => forms(birth)).toThrow(reason);
  });
});
