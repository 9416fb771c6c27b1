import { constants, type KeyObject, verify } from 'node:crypto';
import { flattenedVerify } from 'jose';
import { canonicalContent, digestOf } from './canonical.ts';
import { filled } from './fill.ts';
import { hasDuplicateKeys, Num, Obj, readTree, type Tree } from './tree.ts';

/** A key that the bridge has to trust. */
export interface KnownKey {
  /** Null for a key without a name, as OpenSPP's registry has them. */
  kid: string | null;
  /** DCI's name: `ed25519`, `rs256`, … */
  algorithm: string;
  publicKey: KeyObject;
  /** RFC 7638; a key also answers to it. */
  thumbprint: string;
}

export type KnownSenders = ReadonlyMap<string, readonly KnownKey[]>;

/** How node:crypto verifies by DCI's names, written apart from the bridge's table. */
const VERIFY: Record<string, { jose: string[]; hash: string | null; options: object }> = {
  ed25519: { jose: ['EdDSA', 'Ed25519'], hash: null, options: {} },
  rs256: { jose: ['RS256'], hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  ps256: {
    jose: ['PS256'],
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  },
  es256: { jose: ['ES256'], hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  es384: { jose: ['ES384'], hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
};

/**
 * Whether a message may be accepted: its signature is by a key of the sender that its header names, over what it
 * says, and in force now. Decided without any of the bridge's code, by jose and node:crypto.
 *
 * @param now seconds since the epoch
 * @returns null where it may; else why not
 */
export async function objection(
  body: Uint8Array,
  senders: KnownSenders,
  now: number,
): Promise<string | null> {
  let text: string;
  let root: Tree;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    root = readTree(text);
  } catch {
    return 'it is no JSON in UTF-8';
  }
  if (hasDuplicateKeys(text, root)) return 'it has a key twice';
  if (!(root instanceof Obj)) return 'it is no object';
  const [signature, header, message] = [root.get('signature'), root.get('header'), root.get('message')];
  if (typeof signature !== 'string' || !(header instanceof Obj) || !(message instanceof Obj)) {
    return 'signature, header or message is missing';
  }
  const senderId = header.get('sender_id');
  const keys = typeof senderId === 'string' ? senders.get(senderId) : undefined;
  if (typeof senderId !== 'string' || keys === undefined) return 'its sender is not known';
  const schema = filled(header);
  const signable = [header, ...(schema === null ? [] : [schema])].map((one) =>
    canonicalContent(one, message),
  );
  return signature.split('.').length === 3 && !signature.includes('"')
    ? jwsObjection(signature, root, keys, signable)
    : httpObjection(signature, senderId, keys, signable, now);
}

async function jwsObjection(
  jws: string,
  root: Obj,
  keys: readonly KnownKey[],
  signable: readonly string[],
): Promise<string | null> {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const { kid, alg, b64 } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
  for (const key of keys) {
    if (!VERIFY[key.algorithm]?.jose.includes(alg as string)) continue;
    // Without a name (some write null) only where there is no choice.
    const alone = keys.filter(({ algorithm }) => algorithm === key.algorithm).length === 1;
    if (kid === undefined || kid === null ? !alone : !answers(key, [kid as string])) continue;
    // jose takes an unencoded payload as bytes and an encoded one as text.
    const detached = signable.map((text) =>
      b64 === false ? Buffer.from(text) : Buffer.from(text).toString('base64url'),
    );
    for (const content of payload === '' ? detached : [payload]) {
      const input = { protected: head, payload: content, signature };
      const verified = await flattenedVerify(input, key.publicKey).catch(() => null);
      if (verified === null) continue;
      if (payload === '') return null;
      return sameValue(readTree(Buffer.from(verified.payload).toString('utf8')), root.without('signature'))
        ? null
        : 'the payload of its JWS says something else';
    }
  }
  return 'no key of its sender made this JWS';
}

function httpObjection(
  text: string,
  senderId: string,
  keys: readonly KnownKey[],
  signable: readonly string[],
  now: number,
): string | null {
  const value = (name: string) => {
    const found = [
      ...text.matchAll(new RegExp(`(?:^|[ \\t,:])${name}[ \\t]*=[ \\t]*(?:"([^"]*)"|([^\\s",]+))`, 'g')),
    ];
    return found.length === 1 ? (found[0]?.[1] ?? found[0]?.[2] ?? '') : '';
  };
  const [kidSender, keyId, kidAlgorithm, ...more] = value('kidId').split('|');
  if (kidSender !== senderId || more.length > 0) return 'its kid is of another sender';
  const algorithm = value('algorithm').toLowerCase();
  if (kidAlgorithm?.toLowerCase() !== algorithm) return 'its kid names another algorithm';
  if (value('headers') !== '(created) (expires) digest') return 'it covers something else';
  const [created, expires] = [value('created'), value('expires')];
  if (!/^\d+$/.test(created) || !/^\d+$/.test(expires)) return 'its times are none';
  if (Number(created) > now + 60 || Number(expires) < now) return 'it is not in force now';
  const window = Number(expires) - Number(created);
  if (window <= 0 || window > 86_400) return 'it is good for too long';
  const signature = Buffer.from(value('signature'), 'base64');
  const { hash = null, options = {} } = VERIFY[algorithm] ?? {};
  for (const key of keys) {
    if (key.algorithm !== algorithm) continue;
    if (!answers(key, [keyId ?? '', value('kidId')])) continue;
    for (const content of signable) {
      const signed = `(created): ${created}\n(expires): ${expires}\ndigest: ${digestOf(content)}`;
      if (verify(hash, Buffer.from(signed), { key: key.publicKey, ...options }, signature)) return null;
    }
  }
  return 'no key of its sender made this signature';
}

function answers(key: KnownKey, names: readonly string[]): boolean {
  return key.kid === null || names.includes(key.kid) || names.includes(key.thumbprint);
}

/** As values: objects without regard to order, numbers as exact decimals. */
function sameValue(a: Tree, b: Tree): boolean {
  if (a instanceof Num) return b instanceof Num && exact(a.source) === exact(b.source);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i] as Tree));
  }
  if (!(a instanceof Obj)) return a === b;
  if (!(b instanceof Obj) || a.members.length !== b.members.length) return false;
  const others = new Map(b.members);
  return a.members.every(([key, value]) => others.has(key) && sameValue(value, others.get(key) as Tree));
}

/** `digits e exponent`, without zeros at the end of the digits. */
function exact(source: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = BigInt(whole + fraction).toString();
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign}${kept}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`;
}
