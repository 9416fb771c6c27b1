import { writeKeyFile } from '../keys/key-files.ts';
import { KEY_KINDS, type KeyKind, type KeyUse } from '../keys/kinds.ts';
import { newKey, publicJwkOf } from '../keys/own-key.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import { lineOf, type PlacedKey } from '../keys/rotation.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { settingsOf } from './options.ts';
import { isoTime, printJson, printText } from './output.ts';
import { choice } from './values.ts';

/** Lists, generates and rotates the bridge's own keys. */
export function keys(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'The bridge’s own key pairs, in the folder keys.directory (KEYS_DIR): one to sign with, and one or more that registries seal their messages to. The bridge may be running: it looks into the folder every keys.refresh_seconds. No command prints a private key.',
  );
  group
    .command('list')
    .summary('list the keys')
    .withSettings()
    .runs(async (options) => {
      const own = new OwnKeys(settingsOf(options, env).keys);
      await own.read();
      return print(own.placed(), options.json);
    });
  ofKind(group.command('generate').summary('make the first key of a kind'))
    .description(
      'Makes the first key of a kind; without --use, one to sign and one to seal to, where there is none yet.',
    )
    .runs<Kind>((options) => make(options, env, firstKinds));
  ofKind(group.command('rotate').summary('make the next key, which is active at once'))
    .description(
      'Makes the next key, which is active at once. The key before it stays published and opens messages for keys.overlap_seconds. Then it is retired: its file stays, and may be deleted. Without --use, all active keys are rotated.',
    )
    .runs<Kind>((options) => make(options, env, nextKinds));
}

interface Kind {
  use?: KeyUse;
  algorithm?: string;
  bits: string;
}

function ofKind(command: CliCommand): CliCommand {
  return command
    .addOption(choice('--use <use>', 'for signing or for encryption', ['sig', 'enc']))
    .addOption(
      choice(
        '--algorithm <name>',
        'for sig ed25519, for enc rsa-oaep-256 where left out. A signing key replaces one of another kind; encryption keys of different kinds exist side by side. One of',
        KEY_KINDS.map(({ name }) => name),
      ),
    )
    .addOption(choice('--bits <n>', 'the size of an RSA key', ['2048', '3072', '4096']).default('3072'))
    .withSettings();
}

async function make(
  options: Kind & CommonOptions,
  env: NodeJS.ProcessEnv,
  kindsOf: (filed: readonly PlacedKey[], wanted: Wanted) => KeyKind[],
): Promise<number> {
  const wanted = wantedKind(options);
  const settings = settingsOf(options, env).keys;
  const own = new OwnKeys(settings);
  await own.read();
  const { directory } = settings;
  if (directory === null)
    throw new UsageError('keys.directory (KEYS_DIR) is not set: name a folder for the keys');
  const filed = own.placed().filter(({ key }) => key.file !== null);
  const now = Date.now();
  for (const kind of kindsOf(filed, wanted)) {
    await writeKeyFile(directory, newKey(kind, Number(options.bits), after(now, kind, filed)));
  }
  await own.read();
  return print(own.placed(), options.json);
}

interface Wanted {
  use: KeyUse | null;
  kind: KeyKind | null;
}

function wantedKind({ use, algorithm }: Kind): Wanted {
  const kind = KEY_KINDS.find(({ name }) => name === algorithm) ?? null;
  if (kind && use !== undefined && kind.use !== use)
    throw new UsageError(`--algorithm: ${kind.name} is for --use ${kind.use}`);
  return { use: kind?.use ?? use ?? null, kind };
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
    created_at: key.file === null ? null : isoTime(key.createdAt),
    replaced_at: replacedAt === null ? null : isoTime(replacedAt),
    retires_at: retiresAt === null ? null : isoTime(retiresAt),
    file: key.file,
    public_jwk: publicJwkOf(key),
  }));
  if (json) printJson(rows);
  else if (rows.length === 0) printText('no keys; `keys generate` makes them');
  for (const { kid, use, algorithm, state, retires_at, file } of json ? [] : rows) {
    const end = retires_at === null ? '' : `, ${state === 'retired' ? 'since' : 'until'} ${retires_at}`;
    printText(`${use}  ${algorithm.padEnd(14)}  ${kid}  ${state}${end}  ${file ?? '(environment)'}`);
  }
  return 0;
}
