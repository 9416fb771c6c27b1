import { parseArgs } from 'node:util';
import { examine, SenderFileError, verdictOf } from '../dci/sender-file.ts';
import { readInput } from './input.ts';
import type { Command } from './run-command.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- verify --sender FILE [--at UNIX_SECONDS] [--json] [FILE|-]

Checks the signature of a message (a whole DCI envelope, from FILE or standard input) and prints one line of JSON:
{"verdict": "accept" or "reject", "error_code", "reason"}. Exits with 0 for accept, 1 for reject.

  --sender FILE   {"sender_id", "algorithm", "public_key": PEM} or {"sender_id", "jwks": {"keys": [...]}}
  --at SECONDS    the moment to check for, instead of now
  --json          all that can be told, over several lines: which part failed, the key, the digests that were tried,
                  the difference of the clocks, the sender's keys, and hints on how to mend it
`;

/** Checks a message as the bridge would, without a bridge: for two engineers who look for why theirs disagree. */
export const verify: Command = async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      sender: { type: 'string' },
      at: { type: 'string' },
      json: { type: 'boolean', default: false },
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
  try {
    const verdict = values.json ? await examine(body, sender, now) : await verdictOf(body, sender, now);
    process.stdout.write(`${JSON.stringify(verdict, null, values.json ? 2 : 0)}\n`);
    return verdict.verdict === 'accept' ? 0 : 1;
  } catch (error) {
    if (error instanceof SenderFileError) throw new UsageError(`--sender: ${error.message}`);
    throw error;
  }
};

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UsageError('--sender: the file is not JSON');
  }
}
