import { createHmac } from 'node:crypto';
import { CompactSign, FlattenedSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { ALGORITHM_NAMES, ALGORITHMS, type AlgorithmName } from '../../src/dci/algorithms.ts';
import { canonicalText } from '../../src/dci/canonical.ts';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { filledHeader } from '../../src/dci/filled-header.ts';
import { type JsonObject, parseJson } from '../../src/dci/json.ts';
import { keyFromJwk, type VerificationKey } from '../../src/dci/keys.ts';
import { type EnvelopeContent, printEnvelope, signJws } from '../../src/dci/sign.ts';
import { type Sender, type VerifyResult, verifyEnvelope } from '../../src/dci/verify.ts';
import {
  contentOf,
  envelopeOf,
  HEADER,
  MESSAGE,
  NOW,
  pairOf,
  pemOf,
  randomFrom,
  randomObject,
  senderWith,
  senderWithKeys,
} from './support.ts';

const alg = (algorithm: AlgorithmName): string => ALGORITHMS[algorithm].joseNames[0] as string;

function keyOf(algorithm: AlgorithmName, kid?: string): VerificationKey {
  const jwk = { ...pairOf(algorithm).publicKey.export({ format: 'jwk' }), alg: alg(algorithm), use: 'sig' };
  return keyFromJwk(kid === undefined ? jwk : { ...jwk, kid });
}

const senderOf = (...algorithms: AlgorithmName[]): Sender =>
  senderWithKeys(algorithms.map((name) => keyOf(name)));

/** Signs by jose, as OpenCRVS does; the protected header as the test wants it. */
function compact(
  payload: string,
  algorithm: AlgorithmName = 'rs256',
  header: Record<string, unknown> = {},
): Promise<string> {
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: alg(algorithm), kid: keyOf(algorithm).thumbprint, ...header })
    .sign(pairOf(algorithm).privateKey, { crit: { b64: true } });
}

const PAYLOAD = JSON.stringify({ header: HEADER, message: MESSAGE });

function verdict(
  signature: string,
  content: EnvelopeContent = contentOf(),
  sender: Sender = senderOf('rs256'),
): Promise<VerifyResult> {
  return verifyEnvelope(envelopeOf(signature, content), sender, { now: NOW });
}

function relabel(jws: string, header: object): string {
  return [encode(JSON.stringify(header)), ...jws.split('.').slice(1)].join('.');
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');

describe('a compact JWS', () => {
  it.each(ALGORITHM_NAMES)('by %s is accepted', async (algorithm) => {
    const { thumbprint } = keyOf(algorithm);
    expect(await verdict(await compact(PAYLOAD, algorithm), contentOf(), senderOf(algorithm))).toMatchObject({
      ok: true,
      form: 'jws',
      algorithm,
      kid: thumbprint,
      thumbprint,
    });
  });

  it('is accepted over the same value, however its JSON is written', async () => {
    const payload = PAYLOAD.replace('"total_count":1', '"total_count":1.0').replace('DEATH', '\\u0044EATH');
    expect(await verdict(await compact(`\n${payload} `))).toMatchObject({ ok: true });
  });

  it('is accepted by a sender whose key was registered without a name', async () => {
    const signature = await compact(PAYLOAD, 'rs256', { kid: 'whatever' });
    expect(await verdict(signature, contentOf(), senderWith('rs256'))).toMatchObject({ ok: true });
    expect(await verdict(signature, contentOf(), senderWith('ps256'))).toMatchObject({
      ok: false,
      reason: 'algorithm.not_the_senders',
    });
  });

  it('is accepted without a kid where there is no choice', async () => {
    const signature = await compact(PAYLOAD, 'rs256', { kid: undefined });
    expect(await verdict(signature, contentOf(), senderOf('rs256', 'es256'))).toMatchObject({ ok: true });
    const second = { ...keyOf('rs256'), kid: 'second' };
    const two = senderWithKeys([keyOf('rs256'), second]);
    expect(await verdict(signature, contentOf(), two)).toMatchObject({ ok: false, reason: 'kid.malformed' });
  });

  it('is refused with a kid that is not the sender’s, or is another algorithm’s', async () => {
    const signature = await compact(PAYLOAD);
    expect(await verdict(signature, contentOf(), senderOf('es256'))).toMatchObject({ reason: 'kid.unknown' });
    const named = senderWithKeys([keyOf('es256', keyOf('rs256').thumbprint)]);
    expect(await verdict(signature, contentOf(), named)).toMatchObject({ reason: 'algorithm.not_the_keys' });
  });

  it.each([
    ['a changed value', PAYLOAD.replace('DEATH', 'BIRTH')],
    ['a member more', PAYLOAD.replace('"event_type"', '"x":null,"event_type"')],
    ['a member less', PAYLOAD.replace('"event_type":"DEATH",', '')],
    ['a member more beside', PAYLOAD.replace('{"header"', '{"extra":1,"header"')],
    ['the signature within', PAYLOAD.replace('{"header"', '{"signature":"x","header"')],
    ['the message only', JSON.stringify(MESSAGE)],
    ['a duplicate key', PAYLOAD.replace('"event_type":"DEATH"', '"event_type":"DEATH","event_type":"DEATH"')],
    [
      'a duplicate key, escaped',
      PAYLOAD.replace('"event_type":"DEATH"', '"event_typ\\u0065":"DEATH","event_type":"DEATH"'),
    ],
    ['a string for a number', PAYLOAD.replace('"total_count":1', '"total_count":"1"')],
    ['no JSON', 'x'],
    ['a byte order mark', `\ufeff${PAYLOAD}`],
  ])('over %s is refused', async (_name, payload) => {
    expect(await verdict(await compact(payload))).toMatchObject({
      ok: false,
      code: 'err.signature.invalid',
      reason: 'digest.payload',
      failed: 'digest',
    });
  });

  it('over a payload that is not UTF-8 is refused', async () => {
    const signature = await new CompactSign(Buffer.from([0x22, 0xff, 0x22]))
      .setProtectedHeader({ alg: 'RS256', kid: keyOf('rs256').thumbprint })
      .sign(pairOf('rs256').privateKey);
    expect(await verdict(signature)).toMatchObject({ reason: 'digest.payload' });
  });

  it('covers what is beside header and message too', async () => {
    const extra = { header: HEADER, message: MESSAGE, extra: [1] };
    const signature = await compact(JSON.stringify(extra));
    const body = JSON.stringify({ ...extra, signature });
    const verify = (text: string) => verifyEnvelope(parseEnvelope(text), senderOf('rs256'), { now: NOW });
    expect(await verify(body)).toMatchObject({ ok: true });
    expect(await verify(body.replace('"extra":[1]', '"extra":[2]'))).toMatchObject({
      reason: 'digest.payload',
    });
    expect(await verdict(signature)).toMatchObject({ reason: 'digest.payload' });
  });

  it('compares integers exactly', async () => {
    const big = (digit: number): EnvelopeContent => {
      const message = parseJson(`{"identifiers":[{"value":900719925474099${digit}}]}`) as JsonObject;
      return { ...contentOf(), message };
    };
    const signature = await signJws(big(3), {
      algorithm: 'rs256',
      kid: keyOf('rs256').thumbprint,
      privateKey: pairOf('rs256').privateKey,
    });
    expect(await verdict(signature, big(3))).toMatchObject({ ok: true });
    expect(await verdict(signature, big(2))).toMatchObject({ reason: 'digest.payload' });
  });
});

describe('algorithm confusion', () => {
  const hmac = (header: object, secret: string): string => {
    const input = `${encode(JSON.stringify(header))}.${encode(PAYLOAD)}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };

  it.each([
    'HS256',
    'hs256',
    'HS384',
    'none',
    'None',
    'NONE',
    '',
    'RS512',
    'RS1',
    'ES256K',
    'rs256',
    'A128KW',
    'toString',
  ])('alg %j is refused', async (name) => {
    const { thumbprint } = keyOf('rs256');
    const publicPem = pemOf(pairOf('rs256').publicKey);
    const signature = hmac({ alg: name, kid: thumbprint }, publicPem);
    for (const sender of [senderOf('rs256'), senderWith('rs256')]) {
      expect(await verdict(signature, contentOf(), sender)).toMatchObject({
        ok: false,
        code: 'err.signature.invalid',
        reason: 'algorithm.unsupported',
      });
    }
  });

  it('an empty signature is refused, of whatever alg', async () => {
    for (const name of ['none', 'RS256']) {
      const unsigned = `${encode(JSON.stringify({ alg: name }))}.${encode(PAYLOAD)}.`;
      expect(await verdict(unsigned)).toMatchObject({ ok: false, reason: 'signature.unreadable' });
    }
  });

  it('an alg that is switched is refused', async () => {
    const { thumbprint } = keyOf('rs256');
    const signature = await compact(PAYLOAD);
    for (const name of ['PS256', 'ES256', 'EdDSA']) {
      const switched = relabel(signature, { alg: name, kid: thumbprint });
      expect(await verdict(switched)).toMatchObject({ ok: false, reason: 'algorithm.not_the_keys' });
    }
    expect(await verdict(relabel(signature, { alg: 'RS256', kid: thumbprint, x: 1 }))).toMatchObject({
      reason: 'signature.mismatch',
    });
  });

  it('a second alg is refused', async () => {
    const [, payload, signature] = (await compact(PAYLOAD)).split('.');
    const twice = `${encode('{"alg":"none","alg":"RS256"}')}.${payload}.${signature}`;
    expect(await verdict(twice)).toMatchObject({ reason: 'signature.unreadable' });
  });

  it('a key in the header is not looked at', async () => {
    const own = pairOf('ps256');
    const jwk = own.publicKey.export({ format: 'jwk' });
    for (const embedded of [
      { jwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/x' },
    ]) {
      const header = { alg: 'PS256', kid: keyOf('rs256').thumbprint, ...embedded };
      const signature = await new CompactSign(Buffer.from(PAYLOAD))
        .setProtectedHeader(header)
        .sign(own.privateKey);
      expect(await verdict(signature)).toMatchObject({ ok: false, reason: 'algorithm.not_the_keys' });
    }
    const honest = await compact(PAYLOAD, 'rs256', { jwk, jku: 'https://evil.example/jwks.json' });
    expect(await verdict(honest)).toMatchObject({ ok: true, thumbprint: keyOf('rs256').thumbprint });
  });

  it('an HTTP-signature’s key serves as no JWS key of another algorithm', async () => {
    const signature = await compact(PAYLOAD, 'ps256');
    expect(await verdict(signature, contentOf(), senderWith('rs256', pairOf('ps256')))).toMatchObject({
      ok: false,
    });
  });
});

describe('the form of a JWS', () => {
  it.each([
    ['a part less', (jws: string) => jws.split('.').slice(0, 2).join('.')],
    ['a part more', (jws: string) => `${jws}.AAAA`],
    ['white space', (jws: string) => `${jws} `],
    ['padding', (jws: string) => `${jws}==`],
    ['standard base64', (jws: string) => `${jws.slice(0, -2)}+/`],
    ['a header that is no JSON', (jws: string) => `AAAA${jws.slice(jws.indexOf('.'))}`],
    ['a header that is an array', (jws: string) => encode('[]') + jws.slice(jws.indexOf('.'))],
    ['a kid that is a number', (jws: string) => relabel(jws, { alg: 'RS256', kid: 7 })],
    ['a kid with a line break', (jws: string) => relabel(jws, { alg: 'RS256', kid: 'a\nb' })],
    ['a length that base64 cannot have', (jws: string) => `${jws}AAA`],
    [
      'stray bits at the end',
      (jws: string) => jws.slice(0, -1) + String.fromCharCode(jws.charCodeAt(jws.length - 1) + 1),
    ],
    ['b64 that is no boolean', (jws: string) => relabel(jws, { alg: 'RS256', crit: ['b64'], b64: 'false' })],
  ])('is refused with %s', async (_name, change) => {
    expect(await verdict(change(await compact(PAYLOAD)))).toMatchObject({
      ok: false,
      code: 'err.signature.invalid',
      reason: 'signature.unreadable',
    });
  });

  it.each([
    { crit: ['exp'], exp: 1 },
    { crit: ['b64', 'exp'], b64: true, exp: 1 },
    { crit: ['b64', 'b64'], b64: true },
    { crit: ['b64'] },
    { crit: [] },
    { crit: 'b64', b64: true },
    { crit: null },
    { b64: false },
    { b64: true },
  ])('is refused with %j', async (header) => {
    const signature = relabel(await compact(PAYLOAD), { alg: 'RS256', ...header });
    expect(await verdict(signature)).toMatchObject({ ok: false, reason: 'crit.unsupported' });
  });
});

describe('a detached JWS', () => {
  const canonical = ({ header, message }: EnvelopeContent): string =>
    `{"header":${canonicalText(header)},"message":${canonicalText(message)}}`;

  async function detached(text: string, header: Record<string, unknown> = {}): Promise<string> {
    const [protectedPart, , signature] = (await compact(text, 'rs256', header)).split('.');
    return `${protectedPart}..${signature}`;
  }

  it('over the canonical text as sent is accepted', async () => {
    expect(await verdict(await detached(canonical(contentOf())))).toMatchObject({ ok: true, form: 'jws' });
  });

  it('over the canonical text filled in is accepted', async () => {
    const { meta, total_count, ...sparse } = HEADER;
    const content = contentOf({ ...sparse, unknown: 1 });
    const filled = filledHeader(content.header);
    if (filled === null) throw new Error('no filled-in form');
    const result = await verdict(await detached(canonical({ ...content, header: filled })), content);
    expect(result).toMatchObject({ ok: true, form: 'jws' });
    expect(result.ok && result.signed.headerNode.has('unknown')).toBe(false);
  });

  it('of RFC 7797 is accepted', async () => {
    const jws = await new FlattenedSign(Buffer.from(canonical(contentOf())))
      .setProtectedHeader({ alg: 'RS256', kid: keyOf('rs256').thumbprint, b64: false, crit: ['b64'] })
      .sign(pairOf('rs256').privateKey);
    const signature = `${jws.protected}..${jws.signature}`;
    expect(await verdict(signature)).toMatchObject({ ok: true });
    expect(await verdict(signature, contentOf(HEADER, {}))).toMatchObject({ reason: 'signature.mismatch' });
  });

  it('over other JSON than the canonical is refused', async () => {
    for (const text of [PAYLOAD, '', canonical(contentOf(HEADER, {}))]) {
      expect(await verdict(await detached(text))).toMatchObject({ ok: false, reason: 'signature.mismatch' });
    }
  });
});

describe('signJws', () => {
  it('agrees with verifying, on random envelopes', async () => {
    const random = randomFrom(5);
    for (let n = 0; n < 40; n++) {
      const content = {
        header: new Map([...randomObject(random), ...contentOf().header]),
        message: randomObject(random),
      };
      const signer = { algorithm: 'es256', kid: 'k', privateKey: pairOf('es256').privateKey } as const;
      const signature = await signJws(content, { ...signer, detached: n % 2 === 0 });
      const sender = senderWithKeys([keyOf('es256', 'k')]);
      expect(await verdict(signature, content, sender)).toMatchObject({ ok: true, kid: 'k', form: 'jws' });
      const more = { ...content, message: new Map([...content.message, [`+${n}`, null]]) };
      expect(await verdict(signature, more, sender)).toMatchObject({ ok: false });
    }
  });

  it('makes an envelope that is read back', async () => {
    const signature = await signJws(contentOf(), {
      algorithm: 'rs256',
      kid: keyOf('rs256').thumbprint,
      privateKey: pairOf('rs256').privateKey,
    });
    const envelope = parseEnvelope(printEnvelope(signature, contentOf()));
    expect(await verifyEnvelope(envelope, senderOf('rs256'), { now: NOW })).toMatchObject({ ok: true });
  });
});
