import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyFromPem } from '../../src/dci/keys.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { run as runCommand } from '../cli/run.ts';

let sandbox: Sandbox;
let folder: string;
beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const base = { ODOO_URL: sandbox.url, ODOO_DB: sandbox.db, ODOO_ADMIN_PASSWORD: sandbox.admin.password };
  const { code, out, err: said } = await runCommand(['setup', ...args], { ...base, ...env });
  return { code, out, said, all: out + said };
}

/** Why setup refuses; it ends with 2. */
async function refusal(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, out, said } = await run(args, env);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  return said;
}

const read = (model: string, domain: unknown[], fields: string[]) =>
  sandbox.execute('admin', model, 'search_read', { domain, fields }) as Record<string, unknown>[];
const codes = () =>
  read('spp.vocabulary.code', [['namespace_uri', '=', 'urn:openspp:vocab:id-type']], ['code', 'is_local']);
const SENDER = () => ['--sender-id', 'crvs.example', '--key-file', join(folder, 'key.pub')];

describe('setup', () => {
  it('checks whether our key is where an OpenCRVS looks for it', async () => {
    const file = join(folder, 'sources.yaml');
    const source = {
      base_url: 'https://crvs.example',
      dialect: 'opencrvs',
      auth_type: 'none',
      sender_id: 'us',
    };
    writeFileSync(file, JSON.stringify({ sources: { crvs_main: source } }));
    const { code, said } = await run(['--dry-run', '--config', file], { KEYS_DIR: join(folder, 'keys') });
    expect(code).toBe(0);
    expect(said).toContain('! sources.crvs_main: this bridge has no signing key');
  });

  it('shows what is missing, and makes nothing, with --dry-run', async () => {
    const { code, said, out } = await run([...SENDER(), '--dry-run']);
    expect([code, out]).toEqual([0, '']);
    expect(said).toContain('Deaths are written into the registrant (apply.mode: auto).');
    expect(said).toContain('create the user crvs-bridge');
    expect(said).toContain('add the ID types UIN, BRN, DRN, MRN as local codes');
    expect(said).toContain('register the sender crvs.example');
    expect(read('res.users', [['login', '=', 'crvs-bridge']], ['id'])).toEqual([]);
    expect(codes()).toHaveLength(4);
  });

  it('asks before it makes anything, and says so where there is nobody to ask', async () => {
    expect(await refusal([])).toMatch(/--yes/);
    expect(codes()).toHaveLength(4);
  });

  it('makes what is missing, hands the key over once, and then finds nothing missing', async () => {
    const file = join(folder, 'bridge.env');
    const made = await run([...SENDER(), '--yes', '--write', file]);
    expect([made.code, made.out]).toEqual([0, '']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const settings = parseEnv(readFileSync(file, 'utf8'));
    const {
      ODOO_URL: url = '',
      ODOO_DB: db = '',
      ODOO_LOGIN: login = '',
      ODOO_API_KEY: apiKey = '',
    } = settings;
    expect([url, db, login]).toEqual([sandbox.url, sandbox.db, 'crvs-bridge']);
    // As long as Odoo lets an internal user choose.
    const days = (Date.parse(settings.ODOO_API_KEY_EXPIRES ?? '') - Date.now()) / 86_400_000;
    expect(Math.ceil(days)).toBe(90);
    for (const secret of [apiKey, settings.ADMIN_TOKEN ?? '', sandbox.admin.password]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(made.all).not.toContain(secret);
    }
    const odoo = connectOdoo({ url, db, login, apiKey, protocol: 'json2', timeoutMs: 10_000 });
    const [user] = read('res.users', [['login', '=', login]], ['group_ids']);
    expect(await odoo.uid()).toBe(user?.id);
    // Internal user and registry officer, by their ids in a fresh Odoo.
    expect(user?.group_ids).toEqual([1, 17]);
    expect(
      codes()
        .filter(({ is_local: local }) => local)
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['BRN', 'DRN', 'MRN', 'UIN']);
    expect(read('spp.dci.crvs.sender', [], ['sender_id', 'algorithm', 'public_key'])).toMatchObject([
      {
        sender_id: 'crvs.example',
        algorithm: 'ed25519',
        public_key: readFileSync(join(folder, 'key.pub'), 'utf8').trim(),
      },
    ]);

    for (const env of [settings, {}]) {
      const again = await run([...SENDER(), '--yes'], env as NodeJS.ProcessEnv);
      expect([again.code, again.out]).toEqual([0, '']);
      expect(again.said).toMatch(/nothing is missing\.\nNext:\n/);
    }
  });

  it('gives an existing user what it lacks, and prints a new key where asked for one', async () => {
    sandbox.execute('admin', 'res.users', 'create', {
      vals_list: [{ name: 'Half', login: 'half', group_ids: [[6, 0, [1]]] }],
    });
    const made = await run(['--login', 'half', '--new-key', '--yes']);
    expect(made.said).toMatch(/add the user half to "Registry: Officer"\n/);
    const { ODOO_API_KEY: apiKey = '' } = parseEnv(made.out);
    expect(made.said).not.toContain(apiKey);
    expect(read('res.users', [['login', '=', 'half']], ['group_ids'])[0]?.group_ids).toEqual([1, 17]);
  });

  describe('a sender that OpenSPP has already', () => {
    const otherKey = () => {
      const { publicKey } = generateKeyPairSync('ed25519');
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      return { pem, thumbprint: keyFromPem(pem, 'ed25519').thumbprint };
    };
    const ours = () => keyFromPem(readFileSync(join(folder, 'key.pub'), 'utf8'), 'ed25519').thumbprint;
    const rowIs = (values: object) => {
      const ids = sandbox.execute('admin', 'spp.dci.crvs.sender', 'search', { domain: [] });
      if ((ids as number[]).length > 0) sandbox.execute('admin', 'spp.dci.crvs.sender', 'unlink', { ids });
      sandbox.execute('admin', 'spp.dci.crvs.sender', 'create', {
        vals_list: [{ name: 'x', sender_id: 'crvs.example', algorithm: 'ed25519', ...values }],
      });
    };
    const refusalOf = async (args = SENDER()) => {
      const before = read('spp.dci.crvs.sender', [], ['sender_id', 'public_key', 'jwks_url']);
      const message = await refusal([...args, '--yes']);
      expect(read('spp.dci.crvs.sender', [], ['sender_id', 'public_key', 'jwks_url'])).toEqual(before);
      return message;
    };

    it('with another key is named with both thumbprints, and stays', async () => {
      const other = otherKey();
      rowIs({ public_key: other.pem });
      const message = await refusalOf();
      expect(message).toContain(
        `with the ed25519 key ${other.thumbprint}; you gave the ed25519 key ${ours()}`,
      );
    });

    it('in other letters is named with both', async () => {
      const name = 'CRVS.Example';
      const other = otherKey();
      rowIs({ public_key: other.pem, sender_id: name });
      const message = await refusalOf();
      expect(message).toContain(`in other letters, "${name}", with the ed25519 key ${other.thumbprint}`);
      expect(message).toContain(`you gave crvs.example with the ed25519 key ${ours()}`);
    });

    it('with a key that has lost its line breaks is refused where that cannot be undone', async () => {
      rowIs({ public_key: otherKey().pem.trim().replaceAll('\n', 'n') });
      expect(await refusalOf()).toContain('its line breaks are missing');
    });

    it('with the JWKS address alone is named', async () => {
      rowIs({ public_key: false, jwks_url: 'https://crvs.example/keys' });
      expect(await refusalOf()).toContain(
        'with the JWKS URL https://crvs.example/keys; you gave the ed25519',
      );
      const url = ['--sender-id', 'crvs.example', '--jwks-url'];
      expect(await refusalOf([...url, 'https://crvs.example/others'])).toContain(
        '/keys; you gave the JWKS URL',
      );
      expect((await run([...url, 'https://crvs.example/keys', '--dry-run'])).said).not.toContain('register');
    });

    it('with the same key whose line breaks are blanks needs nothing', async () => {
      const pem = readFileSync(join(folder, 'key.pub'), 'utf8');
      rowIs({ public_key: pem.replaceAll('\n', ' ') });
      expect((await run([...SENDER(), '--dry-run'])).said).toContain('nothing is missing');
      rowIs({ sender_id: 'somebody.else', public_key: pem });
      writeFileSync(join(folder, 'one-line.pub'), pem.replaceAll('\n', '\\n'));
      await run(['--sender-id', 'crvs.example', '--key-file', join(folder, 'one-line.pub'), '--yes']);
      expect(read('spp.dci.crvs.sender', [['sender_id', '=', 'crvs.example']], ['public_key'])).toMatchObject(
        [{ public_key: pem.trim() }],
      );
    });

    it('is not meant where a name only looks alike', async () => {
      rowIs({ sender_id: 'the.crvs.example.org', public_key: otherKey().pem });
      expect((await run([...SENDER(), '--dry-run'])).said).toContain('register the sender crvs.example');
    });
  });

  it('says that the line breaks of a key file are missing', async () => {
    const pem = readFileSync(join(folder, 'key.pub'), 'utf8');
    writeFileSync(join(folder, 'lost.pub'), pem.replaceAll('\n', 'n'));
    expect(await refusal(['--sender-id', 'x', '--key-file', join(folder, 'lost.pub')])).toMatch(
      /--key-file: .*line breaks are missing/,
    );
  });

  it.each([
    [['--sender-id', 'x'], /--key-file/],
    [['--sender-id', 'a b', '--jwks-url', 'https://x.example'], /only letters/],
    [['--key-file', 'key.pub'], /--sender-id/],
    [['--officer-group', 'no.group', '--yes'], /there is no group no\.group/],
  ])('refuses %j', async (args, message) => {
    expect(await refusal(args)).toMatch(message);
  });

  it('refuses a private key, a file that is there, and a wrong password, without quoting them', async () => {
    const privateKey = join(folder, 'key.pem');
    expect(await refusal(['--sender-id', 'x', '--key-file', privateKey])).toMatch(/public key/);
    expect(await refusal(['--write', privateKey])).toMatch(/is there already/);
    expect(await refusal(['--yes'], { ODOO_ADMIN_PASSWORD: 'wrong-password' })).toMatch(
      /^(?!.*wrong-password).*does not accept/,
    );
  });

  it('makes a sample registrant, once', async () => {
    const sample = () =>
      read('spp.registry.id', [['value', '=', 'SAMPLE-0001']], ['id_type_id', 'partner_id']);
    expect((await run(['--sample-registrant', '--dry-run'])).said).toContain('- make a sample registrant');
    expect(sample()).toEqual([]);
    expect((await run(['--sample-registrant', '--yes'])).said).toContain('✓ make a sample registrant');
    expect(sample()).toHaveLength(1);
    const again = await run(['--sample-registrant', '--yes', '--json', '--no-key']);
    expect(JSON.parse(again.out)).toMatchObject({ steps: [], made: false });
  });
});
