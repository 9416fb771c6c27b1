import { constants, createDecipheriv, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto';
import { DciError } from '../../dci/errors.ts';
import { withLineBreaks } from '../../dci/pem.ts';

/** What separates the wrapped key and the data (`mosip.kernel.data-key-splitter`). */
const SPLITTER = Buffer.from('#KEY_SPLITTER#');
/** Begins the key part since keymanager 1.2 (`VER_R2`): the data then begins with the additional data. */
const VERSION = /^VER_R\d/;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const AAD_BYTES = 32;
/** Before the version existed, the nonce was as long as a block of AES, and was at the end. */
const OLD_NONCE_BYTES = 16;

/**
 * The partner's private keys in a text: one or more PEM blocks, RSA.
 *
 * @throws {Error} where there is none, or one that is no RSA key; the message quotes nothing of it
 */
export function partnerKeys(pem: string): KeyObject[] {
  const blocks =
    withLineBreaks(pem).match(
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
    ) ?? [];
  if (blocks.length === 0) throw new Error('must be an RSA private key in PEM form');
  return blocks.map((block) => {
    let key: KeyObject;
    try {
      key = createPrivateKey(block);
    } catch {
      throw new Error('has a private key that cannot be read; export it without a passphrase');
    }
    if (key.asymmetricKeyType !== 'rsa') throw new Error('has a key that is no RSA key');
    return key;
  });
}

/**
 * Opens what MOSIP's keymanager encrypted for a partner: data under AES-256-GCM, its key under the partner's RSA key
 * (OAEP with SHA-256), both with `#KEY_SPLITTER#` between them, in base64 or base64url. With the version `VER_R2` the
 * data is 32 bytes of additional data, of which the first 12 are the nonce, ciphertext and tag; without it ciphertext,
 * tag and a nonce of 16 bytes. A thumbprint of the certificate may precede the wrapped key.
 *
 * @param keys any of them may be the one: while a certificate is being replaced, there are two
 * @throws {DciError} `err.encryption.invalid`
 */
export function decryptCredential(text: string, keys: readonly KeyObject[]): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  const splitter = bytes.indexOf(SPLITTER);
  if (splitter < 0) throw unreadable('no credential that is encrypted for a partner');
  const wrapped = bytes.subarray(0, splitter);
  const data = bytes.subarray(splitter + SPLITTER.length);
  const isVersioned = VERSION.test(wrapped.subarray(0, 6).toString('latin1'));
  const shortest = isVersioned ? AAD_BYTES + TAG_BYTES : TAG_BYTES + OLD_NONCE_BYTES;
  if (data.length < shortest) throw unreadable('cut off');
  for (const key of keys) {
    const opened = tryKey(key, wrapped, (sessionKey) =>
      isVersioned ? openVersioned(data, sessionKey) : openOld(data, sessionKey),
    );
    if (opened) return opened;
  }
  throw unreadable('encrypted for another key than mosip.partner_key, or damaged');
}

/** Null where it is not this key. */
function tryKey(key: KeyObject, wrapped: Buffer, open: (sessionKey: Buffer) => Buffer): Buffer | null {
  const size = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  if (size === 0 || wrapped.length < size) return null;
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const sessionKey = privateDecrypt(
      { key, padding, oaepHash: 'sha256' },
      wrapped.subarray(wrapped.length - size),
    );
    return sessionKey.length === 32 ? open(sessionKey) : null;
  } catch {
    return null;
  }
}

function openVersioned(data: Buffer, sessionKey: Buffer): Buffer {
  const aad = data.subarray(0, AAD_BYTES);
  return openGcm(data.subarray(AAD_BYTES), sessionKey, aad.subarray(0, NONCE_BYTES), aad);
}

function openOld(data: Buffer, sessionKey: Buffer): Buffer {
  const end = data.length - OLD_NONCE_BYTES;
  return openGcm(data.subarray(0, end), sessionKey, data.subarray(end), null);
}

/** @param sealed ciphertext and tag */
function openGcm(sealed: Buffer, key: Buffer, nonce: Buffer, aad: Buffer | null): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  if (aad) decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
}

function unreadable(reason: string): DciError {
  return new DciError('err.encryption.invalid', 'event.data.credential', `event.data.credential: ${reason}`);
}
