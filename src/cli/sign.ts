import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type AlgorithmName, algorithmNamed } from '../dci/algorithms.ts';
import { CONTENT_ALGORITHM_NAMES, type SealingKey, sealingKeyFrom } from '../dci/encryption.ts';
import { isJsonObject, type JsonObject, JsonSyntaxError, parseJson } from '../dci/json.ts';
import { KeyError } from '../dci/keys.ts';
import { sealMessage } from '../dci/sealed.ts';
import { nodeOf, printEnvelope, signHttpSignature, signJws } from '../dci/sign.ts';
import type { Command } from './command.ts';
import { readInput } from './input.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- sign --new-key FILE
       npm run -s bridge -- sign --key FILE --sender ID --type TYPE --identifier TYPE=VALUE ... [--date YYYY-MM-DD]
       npm run -s bridge -- sign --key FILE --sender ID --message FILE|-

Prints a signed notification on one line, ready to be posted:
  npm run -s bridge -- sign ... | curl -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:8080/crvs

  --new-key FILE      make an Ed25519 key pair: the private key into FILE, the public one printed, for OpenSPP's
                      CRVS Sender Registry
  --key FILE          the private key (PEM)
  --sender ID         sender_id, as registered in OpenSPP
  --key-id ID         the key's name in the signature (default key-1)
  --algorithm NAME    ed25519, rs256, ps256, es256 or es384 (default: what the key is)
  --type TYPE         birth, death, marriage or divorce
  --date DATE         the day of the event
  --identifier T=V    an identifier of the person, such as UIN=123456789; may be given several times
  --message FILE      a whole message (any dialect) instead of --type, --date and --identifier
  --message-id ID     default: a new one
  --receiver ID       receiver_id (default openspp)
  --expires-in N      seconds that the signature is good for (default 300)
  --jws               sign as a compact JWS instead of the HTTP-signature form
  --encrypt-to FILE   seal the message before it is signed, to the first key for encryption in FILE: the receiver's
                      JWKS (GET /.well-known/jwks.json) or one JWK
  --jwe-alg NAME      RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A192KW or ECDH-ES+A256KW (default: the key's own)
  --jwe-enc NAME      A256GCM (default) or A128GCM
`;

const OPTIONS = {
  'new-key': { type: 'string' },
  key: { type: 'string' },
  sender: { type: 'string' },
  'key-id': { type: 'string', default: 'key-1' },
  algorithm: { type: 'string' },
  type: { type: 'string' },
  date: { type: 'string' },
  identifier: { type: 'string', multiple: true },
  message: { type: 'string' },
  'message-id': { type: 'string' },
  receiver: { type: 'string', default: 'openspp' },
  'expires-in': { type: 'string', default: '300' },
  jws: { type: 'boolean', default: false },
  'encrypt-to': { type: 'string' },
  'jwe-alg': { type: 'string' },
  'jwe-enc': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Makes a signed notification, for trying a deployment. */
export const sign: Command = async (args) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values['new-key'] !== undefined) return newKey(values['new-key']);
  if (values.key === undefined || values.sender === undefined) {
    throw new UsageError(`--key FILE and --sender ID are needed\n\n${USAGE}`);
  }
  if (!/^[1-9]\d{0,8}$/.test(values['expires-in'])) throw new UsageError('--expires-in takes whole seconds');
  const privateKey = privateKeyOf(await readInput(values.key, '--key'));
  const algorithm = algorithmOf(values.algorithm, privateKey);
  const plain =
    values.message === undefined
      ? eventMessage(values)
      : objectOf(await readInput(values.message, '--message'));
  const sealingKey = await sealingKeyOf(values);
  const message = sealingKey === null ? plain : await sealed(plain, sealingKey, values);
  const header = nodeOf({
    version: '1.0.0',
    message_id: values['message-id'] ?? randomUUID(),
    message_ts: new Date().toISOString(),
    action: 'notify',
    sender_id: values.sender,
    receiver_id: values.receiver,
    total_count: 1,
    is_msg_encrypted: sealingKey !== null,
  }) as JsonObject;
  const content = { header, message };
  const created = Math.floor(Date.now() / 1000);
  const expires = created + Number(values['expires-in']);
  try {
    const signature = values.jws
      ? await signJws(content, { algorithm, kid: values['key-id'], privateKey })
      : await signHttpSignature(content, {
          senderId: values.sender,
          keyId: values['key-id'],
          algorithm,
          privateKey,
          created,
          expires,
        });
    process.stdout.write(`${printEnvelope(signature, content)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof KeyError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
};

async function newKey(file: string): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    // Never over a key that may be in use.
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new UsageError(`--new-key: the file cannot be made (${(error as NodeJS.ErrnoException).code})`);
  }
  process.stdout.write(publicKey.export({ type: 'spki', format: 'pem' }));
  return 0;
}

function privateKeyOf(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new UsageError('--key: the file is not a private key in PEM');
  }
}

function algorithmOf(name: string | undefined, key: KeyObject): AlgorithmName {
  const usual = { ed25519: 'ed25519', rsa: 'rs256', prime256v1: 'es256', secp384r1: 'es384' } as const;
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '';
  const algorithm = name === undefined ? usual[kind as keyof typeof usual] : algorithmNamed(name);
  if (!algorithm) throw new UsageError('--algorithm: expected ed25519, rs256, ps256, es256 or es384');
  return algorithm;
}

interface Sealing {
  'encrypt-to'?: string;
  'jwe-alg'?: string;
  'jwe-enc'?: string;
}

/** The receiver's key; null where the message goes in plain. */
async function sealingKeyOf(values: Sealing): Promise<SealingKey | null> {
  const { 'encrypt-to': file, 'jwe-alg': alg, 'jwe-enc': enc } = values;
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

function sealed(message: JsonObject, key: SealingKey, values: Sealing): Promise<JsonObject> {
  const { 'jwe-enc': enc } = values;
  if (enc !== undefined && !CONTENT_ALGORITHM_NAMES.includes(enc))
    throw new UsageError(`--jwe-enc: expected ${CONTENT_ALGORITHM_NAMES.join(' or ')}`);
  return sealMessage(message, key, { enc });
}

function eventMessage(values: { type?: string; date?: string; identifier?: string[] }): JsonObject {
  if (values.type === undefined || !values.identifier) {
    throw new UsageError(`--type and at least one --identifier are needed, or --message FILE\n\n${USAGE}`);
  }
  const identifiers = values.identifier.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1) throw new UsageError('--identifier takes TYPE=VALUE');
    return { type: pair.slice(0, at), value: pair.slice(at + 1) };
  });
  return nodeOf({
    event_type: values.type.toUpperCase(),
    ...(values.date === undefined ? {} : { event_date: values.date }),
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
