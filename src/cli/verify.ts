import { Option } from 'commander';
import type { DecryptionKey } from '../dci/encryption.ts';
import { parseEnvelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonObject } from '../dci/json.ts';
import { printJson } from '../dci/json-print.ts';
import { openEnvelope } from '../dci/sealed.ts';
import { examine, SenderFileError, type Verdict, verdictOf } from '../dci/sender-file.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { readInput } from './input.ts';
import { settingsOf } from './options.ts';

/** Checks a message as the bridge would, without a bridge: for two engineers who look for why theirs disagree. */
export function verify(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Checks the signature of a message (a whole DCI envelope) and prints one line of JSON: {"verdict": "accept" or "reject", "error_code", "reason"}. Exits with 0 for accept, 1 for reject. --json prints all that there is to say, over several lines: which part failed, the key, the digests that were tried, the difference of the clocks, the sender’s keys, and hints on how to fix it.',
    )
    .argument('[file]', 'the message; standard input where left out or -', '-')
    .requiredOption(
      '--sender <file>',
      '{"sender_id", "algorithm", "public_key": PEM} or {"sender_id", "jwks": {"keys": [...]}}',
    )
    .addOption(
      new Option(
        '--at <seconds>',
        'the moment to check for, in seconds since 1970; now where left out',
      ).argParser((text) => {
        if (/^\d+$/.test(text)) return Number(text);
        throw new UsageError('--at: expected whole seconds since 1970');
      }),
    )
    .option(
      '--open',
      'also open the message, where it is sealed, with the bridge’s own keys (KEYS_DIR, ENCRYPTION_KEY), and print it on a second line: personal data',
    )
    .withSettings()
    .runs<{ sender: string; at?: number; open?: boolean }, [string]>(async (options, file) => {
      const sender = jsonOf(await readInput(options.sender, '--sender'));
      const body = await readInput(file, 'the message');
      const keys = options.open ? await decryptionKeys(options, env) : undefined;
      const now = options.at ?? Math.floor(Date.now() / 1000);
      return check(body, sender, now, keys, options.json);
    });
}

async function check(
  body: Uint8Array,
  sender: unknown,
  now: number,
  keys: readonly DecryptionKey[] | undefined,
  json: boolean,
): Promise<number> {
  try {
    const signed = json ? await examine(body, sender, now) : await verdictOf(body, sender, now);
    const { verdict, message } =
      keys && signed.verdict === 'accept' ? await opened(body, keys, signed) : { verdict: signed };
    process.stdout.write(`${JSON.stringify(verdict, null, json ? 2 : 0)}\n`);
    if (message) process.stdout.write(`${printJson(message, 0)}\n`);
    return verdict.verdict === 'accept' ? 0 : 1;
  } catch (error) {
    if (error instanceof SenderFileError) throw new UsageError(`--sender: ${error.message}`);
    throw error;
  }
}

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
