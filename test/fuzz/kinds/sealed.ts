import { constants, createCipheriv, publicEncrypt } from 'node:crypto';
import { mutateTree } from '../mutate-tree.ts';
import { Obj, printTree, type Tree } from '../oracle/tree.ts';
import type { Random } from '../random.ts';
import { bodyOf } from '../sign.ts';
import type { Seed, World } from '../world.ts';
import { honestSignature, input, type Kind, seedFor } from './kind.ts';

/** As many bytes as the random choices give, so that the same seed makes the same message. */
function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.int(256)));
}

/** A flattened JWE by RSA-OAEP-256 and AES-GCM, made without any of the bridge's code and without jose. */
function sealed({ sealTo }: World, plaintext: Buffer, random: Random): Obj {
  const [enc, size] = random.of([['A256GCM', 32] as const, ['A128GCM', 16] as const]);
  const [contentKey, iv] = [bytes(random, size), bytes(random, 12)];
  const header = { alg: 'RSA-OAEP-256', enc, ...(random.oneIn(2) ? { kid: sealTo.kid } : {}) };
  const unprotected = random.oneIn(3);
  const head = unprotected ? '' : Buffer.from(JSON.stringify(header)).toString('base64url');
  const cipher = createCipheriv(size === 32 ? 'aes-256-gcm' : 'aes-128-gcm', contentKey, iv);
  cipher.setAAD(Buffer.from(head));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const encrypted = publicEncrypt(
    { key: sealTo.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    contentKey,
  );
  const place: [string, Tree] = unprotected
    ? ['header', new Obj(Object.entries(header))]
    : ['protected', head];
  return new Obj([
    place,
    ['encrypted_key', encrypted.toString('base64url')],
    ['iv', iv.toString('base64url')],
    ['ciphertext', ciphertext.toString('base64url')],
    ['tag', cipher.getAuthTag().toString('base64url')],
  ]);
}

const announced = ({ header }: Seed): Obj => header.with('is_msg_encrypted', true);

/** As an honest registry seals and then signs. */
export const honestSealed: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  const path = seed.header.get('action') === 'notify' ? '/registry/notify' : '/registry/on-search';
  const message = sealed(world, Buffer.from(printTree(seed.message)), random);
  const whole = { header: announced(seed), message };
  return { ...input(bodyOf(honestSignature(signer, whole, random), whole), true), path };
};

/** What was sealed is odd: a changed message, bytes of any kind, no object. */
export const oddPlaintext: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  const plaintext = random.of([
    () => Buffer.from(printTree(mutateTree(seed.message, random))),
    () => Buffer.from(printTree(seed.message)).subarray(random.int(50)),
    () => bytes(random, random.int(200)),
    () => Buffer.from(`${printTree(seed.message)}PRIVATE`),
    () => Buffer.from('[]'),
  ])();
  const whole = { header: announced(seed), message: sealed(world, plaintext, random) };
  return input(bodyOf(honestSignature(signer, whole, random), whole));
};

const HEADERS = [
  { alg: 'none', enc: 'A256GCM' },
  { alg: 'dir', enc: 'A256GCM' },
  { alg: 'RSA1_5', enc: 'A256GCM' },
  { alg: 'RSA-OAEP-256', enc: 'A128CBC-HS256' },
  { alg: 'RSA-OAEP-256', enc: 'A256GCM', zip: 'DEF' },
  { alg: 'RSA-OAEP-256', enc: 'A256GCM', crit: ['exp'], exp: 1 },
  { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'AAAA' },
  { alg: 'ECDH-ES', enc: 'A256GCM', epk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } },
  { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', epk: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) } },
];

/** The JWE changed, with another header or other parts, and signed then: only its sealing shows it. */
export const changedSealed: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  let message: Tree = sealed(world, Buffer.from(printTree(seed.message)), random);
  if (random.oneIn(2)) {
    const header = random.of(HEADERS);
    const head = Buffer.from(JSON.stringify(header)).toString('base64url');
    message = message.with('protected', head);
  } else {
    for (let times = 1 + random.int(2); times > 0; times -= 1) message = mutateTree(message, random);
  }
  const whole = { header: random.oneIn(8) ? seed.header : announced(seed), message: message as Obj };
  try {
    return input(bodyOf(honestSignature(signer, whole, random), whole));
  } catch {
    return input(bodyOf('x', whole));
  }
};
