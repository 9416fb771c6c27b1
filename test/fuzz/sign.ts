import { constants, createHmac, sign } from 'node:crypto';
import { canonicalContent, digestOf } from './oracle/canonical.ts';
import { filled } from './oracle/fill.ts';
import { Obj, printTree, type Tree } from './oracle/tree.ts';
import type { Seed, Signer } from './world.ts';

const HASHES: Record<string, string | null> = { ed25519: null, es384: 'sha384' };
const JOSE: Record<string, string> = { ed25519: 'EdDSA' };

/** Signs without any of the bridge's code. */
function rawSignature(signer: Signer, data: string): Buffer {
  const { algorithm, privateKey } = signer;
  const rsa = algorithm === 'ps256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(HASHES[algorithm] === undefined ? 'sha256' : HASHES[algorithm], Buffer.from(data), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(algorithm.endsWith('s256') && privateKey.asymmetricKeyType === 'rsa'
      ? { padding: rsa, ...(algorithm === 'ps256' ? { saltLength: 32 } : {}) }
      : {}),
  });
}

/** The canonical text, over the header as sent or as OpenSPP's schema fills it in (where it does). */
export function signable({ header, message }: Seed, form: 'as-sent' | 'filled-in'): string {
  return canonicalContent((form === 'filled-in' ? filled(header) : null) ?? header, message);
}

export interface HttpParameters {
  namespace: string;
  kidId: string;
  algorithm: string;
  created: string;
  expires: string;
  headers: string;
  signature: string;
}

/** The parameters of an HTTP-signature, in order. */
export function httpParameters(
  signer: Signer,
  text: string,
  times: { created: number | string; expires: number | string },
): HttpParameters {
  const created = String(times.created);
  const expires = String(times.expires);
  const kid = signer.kid ?? 'key-1';
  return {
    namespace: 'dci',
    kidId: kid.includes('|') ? kid : `${signer.senderId}|${kid}|${signer.algorithm}`,
    algorithm: signer.algorithm,
    created,
    expires,
    headers: '(created) (expires) digest',
    signature: rawSignature(
      signer,
      `(created): ${created}\n(expires): ${expires}\ndigest: ${digestOf(text)}`,
    ).toString('base64'),
  };
}

export function printParameters(parameters: readonly (readonly [string, string])[]): string {
  return parameters.map(([name, value]) => `${name}="${value}"`).join(', ');
}

/** A compact JWS; `payload` is what is signed, `shown` what is in the middle. */
export function jws(signer: Signer, header: object, payload: string, shown = base64url(payload)): string {
  const head = base64url(JSON.stringify(header));
  const middle = (header as { b64?: unknown }).b64 === false ? payload : base64url(payload);
  return `${head}.${shown}.${rawSignature(signer, `${head}.${middle}`).toString('base64url')}`;
}

/** A JWS by a shared secret, which must never count: here the public key, which everybody has. */
export function hmacJws(signer: Signer, header: object, payload: string): string {
  const input = `${base64url(JSON.stringify(header))}.${base64url(payload)}`;
  const secret = signer.publicKey.export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export function joseName({ algorithm }: Signer): string {
  return JOSE[algorithm] ?? algorithm.toUpperCase();
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The text of a body. */
export function bodyOf(signature: Tree, { header, message }: Seed): string {
  return printTree(
    new Obj([
      ['signature', signature],
      ['header', header],
      ['message', message],
    ]),
  );
}

/** The payload of a JWS that is not detached. */
export function contentText({ header, message }: Seed): string {
  return printTree(
    new Obj([
      ['header', header],
      ['message', message],
    ]),
  );
}
