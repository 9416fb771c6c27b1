import { createPublicKey } from 'node:crypto';
import type { Random } from '../random.ts';
import {
  base64url,
  bodyOf,
  contentText,
  hmacJws,
  httpParameters,
  joseName,
  jws,
  printParameters,
  signable,
} from '../sign.ts';
import { ALGORITHMS, NOW, type Seed, type Signer, type World } from '../world.ts';
import { honestSignature, input, type Kind, seedFor } from './kind.ts';

const TIMES = [
  0,
  1,
  -1,
  NOW - 86_401,
  NOW - 86_400,
  NOW - 300,
  NOW - 1,
  NOW,
  NOW + 60,
  NOW + 61,
  NOW + 86_400,
  NOW * 1000,
  `0${NOW}`,
  `+${NOW}`,
  `${NOW}.0`,
  '1e12',
  '999999999999',
  '9'.repeat(30),
  '',
  'NaN',
  ' 1',
];

/** HTTP-signatures with other times, names and parameters; some of them still honest. */
export const httpSignatures: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  const times = {
    created: random.of([NOW - 5, random.of(TIMES)]),
    expires: random.of([NOW + 295, random.of(TIMES)]),
  };
  const text = signable(seed, random.of(['as-sent', 'filled-in']));
  let parameters: [string, string][] = Object.entries(httpParameters(signer, text, times));
  for (let changes = random.int(3); changes > 0; changes -= 1)
    parameters = changed(parameters, signer, world, random);
  return input(bodyOf(respelled(printParameters(parameters), random), seed));
};

function changed(
  parameters: [string, string][],
  signer: Signer,
  world: World,
  random: Random,
): [string, string][] {
  const at = random.int(parameters.length);
  const set = (name: string, value: string) =>
    parameters.map(([one, old]) => [one, one === name ? value : old] as [string, string]);
  const algorithm = random.of([...ALGORITHMS, 'none', 'hs256', 'RS256', 'ED25519', '']);
  const other = random.of([...world.signers, world.stranger]);
  const kidId = `${signer.senderId}|${signer.kid ?? 'key-1'}|${signer.algorithm}`;
  return random.of<() => [string, string][]>([
    () => parameters.toSpliced(at, 1),
    () => [...parameters, parameters[at] ?? ['created', '0']],
    () => [[parameters[at]?.[0] ?? '', 'x'], ...parameters],
    () => parameters.toReversed(),
    () => set('algorithm', algorithm),
    () => set('kidId', kidId.replace(/[^|]*$/, algorithm)),
    () => set('kidId', `${other.senderId}|${other.kid ?? 'key-1'}|${other.algorithm}`),
    () =>
      set('kidId', random.of([kidId.toUpperCase(), `${kidId}|`, `|${kidId}`, 'x||y', '||', '|'.repeat(600)])),
    () =>
      set(
        'kidId',
        `${signer.senderId}|${random.of([signer.thumbprint, other.thumbprint])}|${signer.algorithm}`,
      ),
    () => set('created', String(random.of(TIMES))),
    () => set('expires', String(random.of(TIMES))),
    () => set('headers', random.of(['', 'digest', '(created) (expires)', '(expires) (created) digest', '*'])),
    () => set('namespace', random.of(['', 'DCI', 'spdci', 'x'])),
    () => set('signature', spoiled(parameters.at(-1)?.[1] ?? '', random)),
    () => [...parameters, [random.of(['x', 'KIDID', 'nonce']), random.of(['', '1', 'a,b', '='])]],
  ])();
}

/** The same or another signature in another spelling. */
function spoiled(signature: string, random: Random): string {
  const bytes = Buffer.from(signature, 'base64');
  return random.of<() => string>([
    () => signature.replaceAll('=', ''),
    () => `${signature}=`,
    () => ` ${signature}`,
    () => bytes.toString('base64url'),
    () => bytes.toString('hex'),
    () => Buffer.alloc(bytes.length).toString('base64'),
    () => Buffer.alloc(random.int(3000), 0xff).toString('base64'),
    () => Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64'),
    () => bytes.subarray(0, -1).toString('base64'),
    () => Buffer.concat([Buffer.from([random.int(256)]), bytes.subarray(1)]).toString('base64'),
  ])();
}

function respelled(text: string, random: Random): string {
  if (!random.oneIn(4)) return text;
  return random.of<() => string>([
    () => `Signature: ${text}`,
    () => text.replaceAll('"', ''),
    () => text.replaceAll('"', "'"),
    () => text.replaceAll(', ', ','),
    () => text.replaceAll(', ', ' , '),
    () => text.replaceAll(', ', ';'),
    () => `${text},`,
    () => `${text}${' '.repeat(random.of([1, 10_000]))}`,
    () => text.replaceAll('=', ' = '),
    () => `${'a="b", '.repeat(random.of([10, 2000]))}${text}`,
    () => `unsigned ${text}`,
  ])();
}

/** JWS with other headers, payloads and parts; some of them still honest. */
export const jwsSignatures: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  const header = jwsHeader(signer, world, random);
  const payload = random.of<() => string>([
    () => contentText(seed),
    () => contentText(seed),
    () => signable(seed, 'as-sent'),
    () => signable(seed, 'filled-in'),
    () => contentText(seedFor(signer, random, count)),
    () => `\ufeff${contentText(seed)}`,
    () => contentText(seed).replace('{', '{"extra":1,'),
    () => contentText(seed).replace(/"message":/, '"message":{},"message":'),
    () => contentText(seed).replaceAll('1.0,', '1,').replaceAll('1e+22', '1e22'),
    () => '',
    () => '[]',
  ])();
  const shown = random.of([base64url(payload), base64url(payload), '', base64url('{}')]);
  const by = random.oneIn(6) ? { ...random.of(world.signers), kid: signer.kid } : signer;
  const signature = random.oneIn(8) ? hmacJws(signer, header, payload) : jws(by, header, payload, shown);
  return input(bodyOf(misshapen(signature, random), seed));
};

function jwsHeader(signer: Signer, world: World, random: Random): object {
  const header = { alg: joseName(signer), ...(signer.kid === null ? {} : { kid: signer.kid }) };
  const other = random.of([...world.signers, world.stranger]);
  const jwk = createPublicKey(world.stranger.publicKey.export({ type: 'spki', format: 'pem' })).export({
    format: 'jwk',
  });
  return random.of<object>([
    header,
    header,
    {
      ...header,
      alg: random.of(['none', 'None', 'HS256', 'HS512', 'RS384', 'RS1', 'ES256K', 'Ed25519', 'eddsa']),
    },
    { ...header, alg: joseName(other) },
    { alg: header.alg },
    {
      ...header,
      kid: random.of([other.kid, signer.thumbprint, other.thumbprint, '', 7, ['x'], 'x\n', '../../key']),
    },
    { ...header, jwk },
    { ...header, jku: 'https://127.0.0.1/jwks.json', x5u: 'https://127.0.0.1/x', x5c: ['AAAA'] },
    { ...header, crit: ['b64'], b64: false },
    { ...header, crit: ['b64'], b64: true },
    { ...header, b64: false },
    { ...header, crit: ['exp'], exp: 1 },
    { ...header, crit: [] },
    { ...header, typ: 'JOSE', cty: 'JWT', zip: 'DEF' },
    [header],
  ]);
}

function misshapen(text: string, random: Random): string {
  if (!random.oneIn(3)) return text;
  const [head = '', payload = '', signature = ''] = text.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  return random.of<() => string>([
    () => `${head}.${payload}.`,
    () => `${head}.${payload}`,
    () => `${text}.`,
    () => `${head}..${signature}`,
    () => `.${payload}.${signature}`,
    () => `${head}=.${payload}.${signature}`,
    () => `${head}.${payload}.${bytes.toString('base64')}`,
    () => `${head}.${payload}.${Buffer.alloc(bytes.length).toString('base64url')}`,
    () => `${head}.${payload}.${derOf(bytes).toString('base64url')}`,
    () => `${head}.${payload}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
    () => `${text}\n`,
    () => JSON.stringify({ protected: head, payload, signature }),
  ])();
}

/** How other libraries write an ECDSA signature; JOSE does not. */
function derOf(raw: Buffer): Buffer {
  const half = raw.length / 2;
  const integer = (part: Buffer) => Buffer.concat([Buffer.from([2, part.length + 1, 0]), part]);
  const body = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Forms that are mixed up: a whole message of one under the name of the other. */
export const mixedForms: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed: Seed = seedFor(signer, random, count);
  const [one, other] = [honestSignature(signer, seed, random), honestSignature(signer, seed, random)];
  const at = random.int(one.length);
  return input(
    bodyOf(
      random.of([
        `${one}, ${other}`,
        `${one}.${other}`,
        one.slice(0, at) + other.slice(at),
        one.slice(at),
        `${one}${one}`,
      ]),
      seed,
    ),
  );
};
