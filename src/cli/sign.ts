import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { AlgorithmName } from '../dci/algorithms.ts';
import { CONTENT_ALGORITHM_NAMES, type SealingKey, sealingKeyFrom } from '../dci/encryption.ts';
import { isJsonObject, type JsonObject, JsonSyntaxError, parseJson } from '../dci/json.ts';
import { KeyError } from '../dci/keys.ts';
import { sealMessage } from '../dci/sealed.ts';
import { nodeOf, printEnvelope, signHttpSignature, signJws } from '../dci/sign.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { readInput } from './input.ts';
import { printJson } from './output.ts';
import { choice, dateOption, numberOption, several } from './values.ts';

const ALGORITHMS = ['ed25519', 'rs256', 'ps256', 'es256', 'es384'] as const satisfies AlgorithmName[];

interface Options {
  newKey?: string;
  key?: string;
  sender?: string;
  keyId: string;
  algorithm?: AlgorithmName;
  type?: string;
  date?: string;
  identifier?: string[];
  message?: string;
  messageId?: string;
  receiver: string;
  expiresIn: number;
  jws?: boolean;
  encryptTo?: string;
  jweAlg?: string;
  jweEnc?: string;
}

/** Makes a signed notification, for trying a deployment. */
export function sign(command: CliCommand): void {
  command
    .description(
      "Prints a signed notification on one line, ready to be posted:\n  crvs-bridge sign ... | curl -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:8080/crvs\nOr makes a key pair (--new-key).",
    )
    .option(
      '--new-key <file>',
      'make an Ed25519 key pair: the private key into the file, the public one printed, for OpenSPP’s CRVS Sender Registry',
    )
    .option('--key <file>', 'the private key (PEM)')
    .option('--sender <id>', 'sender_id, as registered in OpenSPP')
    .option('--key-id <id>', 'the key’s name in the signature', 'key-1')
    .addOption(choice('--algorithm <name>', 'what the key is, where left out. One of', ALGORITHMS))
    .addOption(choice('--type <type>', 'the type of the event', VITAL_EVENT_TYPES))
    .addOption(dateOption('--date <date>', 'the day of the event, as YYYY-MM-DD'))
    .addOption(
      several(
        '--identifier <type=value>',
        'an identifier of the person, such as UIN=123456789; may be given several times',
      ),
    )
    .option(
      '--message <file>',
      'a whole message (any dialect) instead of --type, --date and --identifier; - for standard input',
    )
    .option('--message-id <id>', 'a new one where left out')
    .option('--receiver <id>', 'receiver_id', 'openspp')
    .addOption(
      numberOption('--expires-in <seconds>', 'how long the signature is valid', 999_999_999).default(300),
    )
    .option('--jws', 'sign as a compact JWS instead of the HTTP-signature form')
    .option(
      '--encrypt-to <file>',
      'seal the message before it is signed, to the first key for encryption in the file: the receiver’s JWKS (GET /.well-known/jwks.json) or one JWK',
    )
    .option(
      '--jwe-alg <name>',
      'RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A192KW or ECDH-ES+A256KW; what the key says where left out',
    )
    .addOption(choice('--jwe-enc <name>', 'A256GCM where left out. One of', CONTENT_ALGORITHM_NAMES))
    .runs<Options>((options) =>
      options.newKey === undefined ? signedMessage(options) : newKey(options.newKey, options.json),
    );
}

async function signedMessage(options: Options): Promise<number> {
  const { key, sender, keyId } = options;
  if (key === undefined || sender === undefined) {
    throw new UsageError('--key <file> and --sender <id> are needed, or --new-key <file>');
  }
  const privateKey = privateKeyOf(await readInput(key, '--key'));
  const algorithm = options.algorithm ?? usualAlgorithm(privateKey);
  const plain =
    options.message === undefined
      ? eventMessage(options)
      : objectOf(await readInput(options.message, '--message'));
  const sealingKey = await sealingKeyOf(options);
  const message = sealingKey === null ? plain : await sealMessage(plain, sealingKey, { enc: options.jweEnc });
  const header = nodeOf({
    version: '1.0.0',
    message_id: options.messageId ?? randomUUID(),
    message_ts: new Date().toISOString(),
    action: 'notify',
    sender_id: sender,
    receiver_id: options.receiver,
    total_count: 1,
    is_msg_encrypted: sealingKey !== null,
  }) as JsonObject;
  const content = { header, message };
  const created = Math.floor(Date.now() / 1000);
  try {
    const signature = options.jws
      ? await signJws(content, { algorithm, kid: keyId, privateKey })
      : await signHttpSignature(content, {
          senderId: sender,
          keyId,
          algorithm,
          privateKey,
          created,
          expires: created + options.expiresIn,
        });
    process.stdout.write(`${printEnvelope(signature, content)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof KeyError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

async function newKey(file: string, json: boolean): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    // Never over a key that may be in use.
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new UsageError(`--new-key: the file cannot be made (${(error as NodeJS.ErrnoException).code})`);
  }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  if (json) printJson({ private_key_file: file, public_key: pem });
  else process.stdout.write(pem);
  return 0;
}

function privateKeyOf(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new UsageError('--key: the file is not a private key in PEM');
  }
}

function usualAlgorithm(key: KeyObject): AlgorithmName {
  const usual = { ed25519: 'ed25519', rsa: 'rs256', prime256v1: 'es256', secp384r1: 'es384' } as const;
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '';
  const algorithm = usual[kind as keyof typeof usual];
  if (!algorithm) throw new UsageError('--key: expected an Ed25519, RSA, P-256 or P-384 key');
  return algorithm;
}

/** The receiver's key; null where the message is not sealed. */
async function sealingKeyOf({
  encryptTo: file,
  jweAlg: alg,
  jweEnc: enc,
}: Options): Promise<SealingKey | null> {
  if (file === undefined) {
    if (alg === undefined && enc === undefined) return null;
    throw new UsageError('--jwe-alg and --jwe-enc go with --encrypt-to FILE');
  }
  try {
    return sealingKeyFrom(JSON.parse((await readInput(file, '--encrypt-to')).toString('utf8')), alg);
  } catch (error) {
    if (error instanceof KeyError) throw new UsageError(`--encrypt-to: ${error.message}`);
    if (error instanceof SyntaxError) throw new UsageError('--encrypt-to: the file is not JSON');
    throw error;
  }
}

function eventMessage({ type, date, identifier }: Options): JsonObject {
  if (type === undefined || !identifier) {
    throw new UsageError('--type and at least one --identifier are needed, or --message <file>');
  }
  const identifiers = identifier.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1)
      throw new UsageError('--identifier: expected TYPE=VALUE, such as UIN=123456789');
    return { type: pair.slice(0, at), value: pair.slice(at + 1) };
  });
  return nodeOf({
    event_type: type.toUpperCase(),
    ...(date === undefined ? {} : { event_date: date }),
    identifiers,
  }) as JsonObject;
}

function objectOf(bytes: Buffer): JsonObject {
  try {
    const node = parseJson(bytes.toString('utf8'));
    if (isJsonObject(node)) return node;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new UsageError(`--message: ${error.message}`);
  }
  throw new UsageError('--message: expected a JSON object');
}
