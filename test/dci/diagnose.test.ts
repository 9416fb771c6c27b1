import { hash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeSignature } from '../../src/dci/algorithms.ts';
import { canonicalText } from '../../src/dci/canonical.ts';
import { diagnose } from '../../src/dci/diagnose.ts';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { filledHeader } from '../../src/dci/filled-header.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { keyFromJwk } from '../../src/dci/keys.ts';
import { nodeOf, printEnvelope, signHttpSignature, signJws } from '../../src/dci/sign.ts';
import { type Sender, verifyEnvelope } from '../../src/dci/verify.ts';
import { contentOf, HEADER, NOW, pairOf, SENDER_ID, senderWith, senderWithKeys } from './support.ts';

/** What no hint may quote. */
const MESSAGE = { zeta: 'Zoë Quattlebaum', alpha: 'x', height: 1.5 };
const DECOMPOSED = { ...MESSAGE, zeta: 'Zoe\u0308 Quattlebaum' };

/** An HTTP-signature over a text of the test's own. */
async function signatureOver(signed: string, algorithm: 'ed25519' | 'es256' = 'ed25519'): Promise<string> {
  const signature = await makeSignature(algorithm, pairOf(algorithm).privateKey, Buffer.from(signed));
  return parameters(signature, algorithm);
}

function parameters(signature: Buffer, algorithm: string): string {
  return `namespace="dci", kidId="${SENDER_ID}|key-1|${algorithm}", algorithm="${algorithm}", created="${NOW}", expires="${NOW + 300}", headers="(created) (expires) digest", signature="${signature.toString('base64')}"`;
}

const times = `(created): ${NOW}\n(expires): ${NOW + 300}\n`;
const withDigest = (digest: string) => `${times}digest: ${digest}`;
const over = (text: string) => withDigest(hash('sha256', text, 'base64'));

async function hintsFor(body: string, sender: Sender = senderWith('ed25519')) {
  const envelope = parseEnvelope(body);
  const result = await verifyEnvelope(envelope, sender, { now: NOW });
  if (result.ok) throw new Error('the message was to be refused');
  const hints = await diagnose(envelope, sender, result);
  for (const secret of ['Quattlebaum', 'Zo']) expect(JSON.stringify(hints)).not.toContain(secret);
  return hints.map(({ code }) => code);
}

const body = (signature: string, message: object = MESSAGE, header: object = HEADER) =>
  printEnvelope(signature, contentOf(header, message));
const canonical = (value: object) => canonicalText(nodeOf(value));
const CONTENT = { header: HEADER, message: MESSAGE };
const sortedKeys = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([k, v]) => [k, sortedKeys(v)]),
      )
    : value;

describe('diagnose finds what was signed instead', () => {
  it.each([
    ['JSON.stringify', JSON.stringify(CONTENT), ['keys.unsorted', 'text.not_escaped']],
    ['JSON.stringify with sorted keys', JSON.stringify(sortedKeys(CONTENT)), ['text.not_escaped']],
    ['Python without sort_keys', unsortedAscii(CONTENT), ['keys.unsorted']],
    ['Python without separators', spaced(canonical(CONTENT)), ['text.spaces']],
    ['the message alone', canonical(MESSAGE), ['covers.message']],
    ['the header alone', canonical(HEADER), ['covers.header']],
    ['an empty signature', canonical({ signature: '', ...CONTENT }), ['covers.signature']],
    ['another normal form', canonical({ header: HEADER, message: DECOMPOSED }), ['text.normalised']],
    ['a header without nulls', canonical({ ...CONTENT, header: withoutNulls(HEADER) }), ['header.nulls']],
  ])('%s', async (_what, text, codes) => {
    expect((await hintsFor(body(await signatureOver(over(text))))).sort()).toEqual(codes.sort());
  });

  it.each([
    ['hexadecimal', withDigest(hash('sha256', canonical(CONTENT), 'hex')), 'digest.hex'],
    ['a prefix', withDigest(`SHA-256=${hash('sha256', canonical(CONTENT), 'base64')}`), 'digest.prefix'],
    ['SHA-512', withDigest(hash('sha512', canonical(CONTENT), 'base64')), 'digest.sha512'],
    ['a line break at the end', `${over(canonical(CONTENT))}\n`, 'text.line_break'],
    ['the JSON itself', canonical(CONTENT), 'text.content'],
  ])('a digest as %s', async (_what, signed, code) => {
    expect(await hintsFor(body(await signatureOver(signed)))).toEqual([code]);
  });

  it('fractions as JavaScript prints them', async () => {
    const sent = body('x').replace('1.5', '1.0');
    const text = canonical(CONTENT).replace('1.5', '1');
    const signature = await signatureOver(over(text));
    expect(await hintsFor(sent.replace('"x"', JSON.stringify(signature)))).toEqual(['numbers.javascript']);
  });

  it('fractions as they were sent', async () => {
    const sent = body('x').replace('1.5', '1.50');
    const signature = await signatureOver(over(canonical(CONTENT).replace('1.5', '1.50')));
    expect(await hintsFor(sent.replace('"x"', JSON.stringify(signature)))).toEqual(['numbers.as_sent']);
  });

  it('keys in the order of UTF-16', async () => {
    const message = { '\uffff': 1, '😀': 2 };
    const text = canonical({ header: HEADER, message }).replace(
      '"\\uffff":1,"\\ud83d\\ude00":2',
      '"\\ud83d\\ude00":2,"\\uffff":1',
    );
    expect(await hintsFor(body(await signatureOver(over(text)), message))).toEqual(['keys.utf16']);
  });

  it('a header filled in, and mistakes on top of it', async () => {
    const header = { ...HEADER, total_count: '1' };
    const filled = filledHeader(nodeOf(header) as JsonObject) ?? new Map();
    const text = spaced(
      canonicalText(
        new Map([
          ['header', filled],
          ['message', nodeOf(MESSAGE)],
        ]),
      ),
    );
    expect(await hintsFor(body(await signatureOver(over(text)), MESSAGE, header))).toEqual(['text.spaces']);
  });

  it('an ECDSA signature in DER', async () => {
    const der = sign('sha256', Buffer.from(over(canonical(CONTENT))), pairOf('es256').privateKey);
    expect(await hintsFor(body(parameters(der, 'es256')), senderWith('es256'))).toEqual(['signature.der']);
  });

  it('an RSA signature with the other padding', async () => {
    const pair = pairOf('rs256');
    const signature = await makeSignature('ps256', pair.privateKey, Buffer.from(over(canonical(CONTENT))));
    expect(await hintsFor(body(parameters(signature, 'rs256')), senderWith('rs256'))).toEqual([
      'signature.padding',
    ]);
  });

  it('another key of the set', async () => {
    const key = (algorithm: 'ed25519' | 'es256', kid: string) =>
      keyFromJwk({ ...pairOf(algorithm).publicKey.export({ format: 'jwk' }), kid });
    const sender = senderWithKeys([key('ed25519', 'new'), key('es256', 'old')]);
    const signature = (await signatureOver(over(canonical(CONTENT)), 'es256'))
      .replace('|key-1|es256', '|new|ed25519')
      .replace('algorithm="es256"', 'algorithm="ed25519"');
    expect(await hintsFor(body(signature), sender)).toEqual(['key.other']);
  });

  it('where the payload of a JWS differs', async () => {
    const content = contentOf(HEADER, { identifiers: [{ type: 'UIN', value: 'Zoe' }] });
    const signature = await signJws(content, {
      algorithm: 'ed25519',
      kid: 'k',
      privateKey: pairOf('ed25519').privateKey,
    });
    const sent = parseEnvelope(body(signature, { identifiers: [{ type: 'UIN', value: 'Zoë' }] }));
    const result = await verifyEnvelope(sent, senderWith('ed25519'), { now: NOW });
    if (result.ok) throw new Error('the message was to be refused');
    expect(await diagnose(sent, senderWith('ed25519'), result)).toEqual([
      { code: 'payload.differs', message: expect.stringContaining('message.identifiers[0].value') },
    ]);
  });

  it('nothing, where another key signed', async () => {
    const signature = await signHttpSignature(contentOf(HEADER, MESSAGE), {
      senderId: SENDER_ID,
      keyId: 'key-1',
      algorithm: 'ed25519',
      privateKey: (await import('node:crypto')).generateKeyPairSync('ed25519').privateKey,
      created: NOW,
      expires: NOW + 300,
    });
    expect(await hintsFor(body(signature))).toEqual(['nothing.found']);
  });

  it('nothing to add, where the reason says all', async () => {
    const signature = (await signatureOver(over(canonical(CONTENT)))).replace(`"${NOW}"`, `"${NOW + 100}"`);
    expect(await hintsFor(body(signature))).toEqual([]);
  });
});

function withoutNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

/** What `json.dumps(value, sort_keys=True)` prints, with its spaces. */
function spaced(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token));
}

/** What `json.dumps(value, separators=(",", ":"))` prints. */
function unsortedAscii(value: object): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
