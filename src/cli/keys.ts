import { parseArgs } from 'node:util';
import { writeKeyFile } from '../keys/key-files.ts';
import { KEY_KINDS, type KeyKind, type KeyUse } from '../keys/kinds.ts';
import { newKey, publicJwkOf } from '../keys/own-key.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import { lineOf, type PlacedKey } from '../keys/rotation.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- keys list
       npm run -s bridge -- keys generate [--use sig|enc] [--algorithm NAME] [--bits N]
       npm run -s bridge -- keys rotate [--use sig|enc] [--algorithm NAME] [--bits N]

The bridge's own key pairs, in the folder keys.directory (KEYS_DIR): one to sign with, and one or more that registries
seal their messages to. The bridge may be running: it looks into the folder every keys.refresh_seconds. Only public
keys are printed, ever.

\`generate\` makes the first key of a kind; without --use, one to sign and one to seal to, where there is none yet.
\`rotate\` makes the next one, which becomes active at once; the one before it stays published and opens messages for
keys.overlap_seconds, and is retired then: its file stays, and may be deleted. Without --use, all active keys are
rotated.

  --use USE          sig (signing) or enc (encryption)
  --algorithm NAME   for sig ed25519 (default), rs256 or es256; for enc rsa-oaep-256 (default), ecdh-es-p256 or
                     ecdh-es-x25519. A signing key takes the place of one of another kind; encryption keys of
                     different kinds stand beside each other
  --bits N           the size of an RSA key: 2048, 3072 (default) or 4096
  --json             print JSON
  --config FILE      a configuration file
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  use: { type: 'string' },
  algorithm: { type: 'string' },
  bits: { type: 'string', default: '3072' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Lists, generates and rotates the bridge's own keys. */
export const keys: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action] = positionals;
  if (positionals.length !== 1 || !['list', 'generate', 'rotate'].includes(action ?? '')) {
    throw new UsageError(USAGE);
  }
  const wanted = wantedKind(values);
  const bits = bitsOf(values.bits);
  const settings = settingsOf(values, env).keys;
  const own = new OwnKeys(settings);
  await own.read();
  if (action === 'list') return print(own.placed(), values.json);
  const { directory } = settings;
  if (directory === null)
    throw new UsageError('keys.directory (KEYS_DIR) is not set: name a folder for the keys');
  const filed = own.placed().filter(({ key }) => key.file !== null);
  const kinds = action === 'generate' ? firstKinds(filed, wanted) : nextKinds(filed, wanted);
  const now = Date.now();
  for (const kind of kinds) await writeKeyFile(directory, newKey(kind, bits, after(now, kind, filed)));
  await own.read();
  return print(own.placed(), values.json);
};

interface Wanted {
  use: KeyUse | null;
  kind: KeyKind | null;
}

function wantedKind({ use, algorithm }: { use?: string; algorithm?: string }): Wanted {
  if (use !== undefined && use !== 'sig' && use !== 'enc') throw new UsageError('--use: expected sig or enc');
  if (algorithm === undefined) return { use: use ?? null, kind: null };
  const kind = KEY_KINDS.find(({ name }) => name === algorithm.toLowerCase());
  if (!kind) throw new UsageError(`--algorithm: expected ${KEY_KINDS.map(({ name }) => name).join(', ')}`);
  if (use !== undefined && kind.use !== use)
    throw new UsageError(`--algorithm: ${kind.name} is for --use ${kind.use}`);
  return { use: kind.use, kind };
}

function bitsOf(text: string): number {
  if (!['2048', '3072', '4096'].includes(text)) throw new UsageError('--bits: expected 2048, 3072 or 4096');
  return Number(text);
}

const usual = (use: KeyUse) => KEY_KINDS.find((kind) => kind.use === use) as KeyKind;

/** What `generate` is to make. */
function firstKinds(filed: readonly PlacedKey[], { use, kind }: Wanted): KeyKind[] {
  const has = (one: KeyKind) => filed.some(({ key }) => lineOf(key) === lineOf({ kind: one }));
  if (use !== null) {
    const one = kind ?? usual(use);
    if (has(one)) throw new UsageError('there is such a key; `keys rotate` makes the next one');
    return [one];
  }
  const uses = (['sig', 'enc'] as const).filter((one) => !filed.some(({ key }) => key.kind.use === one));
  if (uses.length === 0) throw new UsageError('there are keys; `keys rotate` makes the next ones');
  return uses.map(usual);
}

/** What `rotate` is to make: of each active key the next. */
function nextKinds(filed: readonly PlacedKey[], { use, kind }: Wanted): KeyKind[] {
  const newest = filed.filter(({ replacedAt }) => replacedAt === null).map(({ key }) => key.kind);
  const turned = newest
    .filter((one) => use === null || one.use === use)
    .filter((one) => kind === null || lineOf({ kind: one }) === lineOf({ kind }))
    .map((one) => kind ?? one);
  if (turned.length === 0) {
    throw new UsageError(
      'there is no such key in keys.directory (KEYS_DIR); `keys generate` makes the first',
    );
  }
  return turned;
}

/** Now, but after the newest key of its line: a clock that was set back must not make a new key an old one. */
function after(now: number, kind: KeyKind, filed: readonly PlacedKey[]): number {
  const times = filed.filter(({ key }) => lineOf(key) === lineOf({ kind })).map(({ key }) => key.createdAt);
  return Math.max(now, ...times.map((time) => time + 1));
}

function print(placed: readonly PlacedKey[], json: boolean): number {
  const rows = placed.map(({ key, state, replacedAt, retiresAt }) => ({
    kid: key.kid,
    use: key.kind.use,
    algorithm: key.kind.name,
    state,
    created_at: key.file === null ? null : new Date(key.createdAt).toISOString(),
    replaced_at: isoOrNull(replacedAt),
    retires_at: isoOrNull(retiresAt),
    file: key.file,
    public_jwk: publicJwkOf(key),
  }));
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return 0;
  }
  if (rows.length === 0) process.stdout.write('no keys; `keys generate` makes them\n');
  for (const { kid, use, algorithm, state, retires_at, file } of rows) {
    const end = retires_at === null ? '' : `, ${state === 'retired' ? 'since' : 'until'} ${retires_at}`;
    process.stdout.write(
      `${use}  ${algorithm.padEnd(14)}  ${kid}  ${state}${end}  ${file ?? '(environment)'}\n`,
    );
  }
  return 0;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
