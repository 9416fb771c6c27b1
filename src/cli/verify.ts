import { parseArgs } from 'node:util';
import type { DecryptionKey } from '../dci/encryption.ts';
import { parseEnvelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonObject } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import { openEnvelope } from '../dci/sealed.ts';
import { examine, SenderFileError, type Verdict, verdictOf } from '../dci/sender-file.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import type { Command } from './command.ts';
import { readInput } from './input.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- verify --sender FILE [--at UNIX_SECONDS] [--json] [--open] [FILE|-]

Checks the signature of a message (a whole DCI envelope, from FILE or standard input) and prints one line of JSON:
{"verdict": "accept" or "reject", "error_code", "reason"}. Exits with 0 for accept, 1 for reject.

  --sender FILE   {"sender_id", "algorithm", "public_key": PEM} or {"sender_id", "jwks": {"keys": [...]}}
  --at SECONDS    the moment to check for, instead of now
  --json          all that can be told, over several lines: which part failed, the key, the digests that were tried,
                  the difference of the clocks, the sender's keys, and hints on how to fix it
  --open          also open the message, where it is sealed, with the bridge's own keys (KEYS_DIR, ENCRYPTION_KEY), and
                  print it on a second line: personal data
  --config FILE   a configuration file, for --open
`;

/** Checks a message as the bridge would, without a bridge: for two engineers who look for why theirs disagree. */
export const verify: Command = async (args, env) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...CONFIG_OPTION,
      sender: { type: 'string' },
      at: { type: 'string' },
      json: { type: 'boolean', default: false },
      open: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.sender === undefined) throw new UsageError(`--sender FILE is missing\n\n${USAGE}`);
  if (positionals.length > 1) throw new UsageError(`one message at a time\n\n${USAGE}`);
  if (values.at !== undefined && !/^\d+$/.test(values.at))
    throw new UsageError('--at takes whole seconds since 1970');
  const sender = jsonOf(await readInput(values.sender, '--sender'));
  const body = await readInput(positionals[0] ?? '-', 'the message');
  const now = values.at === undefined ? Math.floor(Date.now() / 1000) : Number(values.at);
  const keys = values.open ? await decryptionKeys(values, env) : undefined;
  try {
    const signed = values.json ? await examine(body, sender, now) : await verdictOf(body, sender, now);
    const { verdict, message } =
      keys && signed.verdict === 'accept' ? await opened(body, keys, signed) : { verdict: signed };
    process.stdout.write(`${JSON.stringify(verdict, null, values.json ? 2 : 0)}\n`);
    if (message) process.stdout.write(`${printJson(message, 0)}\n`);
    return verdict.verdict === 'accept' ? 0 : 1;
  } catch (error) {
    if (error instanceof SenderFileError) throw new UsageError(`--sender: ${error.message}`);
    throw error;
  }
};

/** The message of an envelope whose signature verifies; a verdict against it where it cannot be opened. */
async function opened(
  body: Uint8Array,
  keys: readonly DecryptionKey[],
  signed: Verdict,
): Promise<{ verdict: Verdict; message?: JsonObject }> {
  try {
    const { message } = await openEnvelope(parseEnvelope(body), keys);
    return { verdict: signed, message };
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    return { verdict: { verdict: 'reject', error_code: error.code, reason: error.message } };
  }
}

async function decryptionKeys(values: { config?: string }, env: NodeJS.ProcessEnv) {
  const own = new OwnKeys(settingsOf(values, env).keys);
  await own.read();
  return own.decryptionKeys();
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UsageError('--sender: the file is not JSON');
  }
}
