import {
  constants,
  createCipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';

export const SECRET = 'a-secret-that-the-hub-was-given';
export const PARTNER = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const OTHER_PARTNER = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

export interface Sealing {
  publicKey?: KeyObject;
  /** As keymanager wrote it before the version came before the key. */
  old?: boolean;
  /** Without the thumbprint of the certificate before the wrapped key. */
  bare?: boolean;
}

/** Encrypts as MOSIP's keymanager does for a partner. */
export function sealed(text: string, { publicKey = PARTNER.publicKey, old, bare }: Sealing = {}): string {
  const sessionKey = randomBytes(32);
  const wrapped = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    sessionKey,
  );
  const aad = randomBytes(32);
  const nonce = old ? randomBytes(16) : aad.subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', sessionKey, nonce);
  if (!old) cipher.setAAD(aad);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([
    ...(old ? [] : [Buffer.from('VER_R2')]),
    ...(bare ? [] : [randomBytes(32)]),
    wrapped,
    Buffer.from('#KEY_SPLITTER#'),
    ...(old ? [data, nonce] : [aad, data]),
  ]).toString('base64url');
}

/** A credential as the credential service issues it, with more in it than anybody here is to keep. */
export function credential(subject: object): string {
  return JSON.stringify({
    '@context': ['https://www.w3.org/2018/credentials/v1'],
    id: `http://credential.idrepo/credentials/${randomUUID()}`,
    type: ['VerifiableCredential', 'MOSIPVerifiableCredential'],
    issuer: 'https://mosip.example/.well-known/controller.json',
    issuanceDate: '2026-01-05T10:00:00.000Z',
    credentialSubject: {
      id: `http://credential.idrepo/credentials/${randomUUID()}`,
      vcVer: 'VC-V1',
      fullName: [{ language: 'eng', value: 'Lina Achterberg' }],
      face: 'R0lGODlhAQABAAAAACw=',
      ...subject,
    },
  });
}

export const ISSUED = 'openspp/CREDENTIAL_ISSUED';
export const TOPICS = [ISSUED, 'openspp/DEACTIVATE_ID', 'openspp/ACTIVATE_ID', 'openspp/IDENTITY_UPDATED'];

export interface Telling {
  topic?: string;
  id?: string;
  at?: string;
  event?: object;
}

/** What the hub posts. */
export function delivery(data: object, { topic = ISSUED, id, at, event = {} }: Telling = {}): string {
  return JSON.stringify({
    publisher: 'CREDENTIAL_SERVICE',
    topic,
    publishedOn: at ?? '2026-01-05T10:00:00.123Z',
    event: {
      id: id ?? randomUUID(),
      transactionId: randomUUID(),
      type: { namespace: 'mosip', name: 'mosip' },
      timestamp: at ?? '2026-01-05T10:00:00.123Z',
      dataShareUri: null,
      data: { registrationId: '10001100010000120260105100000', credentialType: 'vercred', ...data },
      ...event,
    },
  });
}

/** A credential's delivery, encrypted. */
export const issued = (subject: object, telling: Telling = {}, sealing: Sealing = {}) =>
  delivery({ credential: sealed(credential(subject), sealing), protectionKey: '' }, telling);

export const signature = (body: string, secret = SECRET) => ({
  'content-type': 'application/json',
  'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});
