import { createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALGORITHM_NAMES } from '../../src/dci/algorithms.ts';
import { canonicalText } from '../../src/dci/canonical.ts';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { explain } from '../../src/dci/explain.ts';
import { filledHeader } from '../../src/dci/filled-header.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { keyFromJwk, keyFromPem } from '../../src/dci/keys.ts';
import { type EnvelopeContent, nodeOf, printEnvelope } from '../../src/dci/sign.ts';
import { type Sender, type VerifyOptions, type VerifyResult, verifyEnvelope } from '../../src/dci/verify.ts';
import {
  contentOf,
  envelopeOf,
  HEADER,
  httpSignature,
  MESSAGE,
  NOW,
  pairOf,
  pemOf,
  randomFrom,
  randomObject,
  randomText,
  SENDER_ID,
  senderWith,
  senderWithKeys,
} from './support.ts';

function verdict(
  signature: string,
  content: EnvelopeContent = contentOf(),
  sender: Sender = senderWith('ed25519'),
  options: VerifyOptions = { now: NOW },
): Promise<VerifyResult> {
  return verifyEnvelope(envelopeOf(signature, content), sender, options);
}

/** An HTTP-signature that is right over any three parameters, however wrong they are. */
function rawSignature(changes: Record<string, string | null> = {}, text?: string): string {
  const { created = String(NOW), expires = String(NOW + 300) } = changes;
  const { header, message } = contentOf();
  const canonical = `{"header":${canonicalText(header)},"message":${canonicalText(message)}}`;
  const digest = createHash('sha256').update(canonical).digest('base64');
  const signed = text ?? `(created): ${created}\n(expires): ${expires}\ndigest: ${digest}`;
  const parameters: Record<string, string | null> = {
    namespace: 'dci',
    kidId: `${SENDER_ID}|key-1|ed25519`,
    algorithm: 'ed25519',
    created,
    expires,
    headers: '(created) (expires) digest',
    signature: sign(null, Buffer.from(signed), pairOf('ed25519').privateKey).toString('base64'),
    ...changes,
  };
  return Object.entries(parameters)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
}

describe('an HTTP-signature', () => {
  it.each(ALGORITHM_NAMES)('by %s is accepted', async (algorithm) => {
    const signature = await httpSignature(contentOf(), { algorithm });
    const kid = `${SENDER_ID}|key-1|${algorithm}`;
    expect(await verdict(signature, contentOf(), senderWith(algorithm))).toMatchObject({
      ok: true,
      kid,
      algorithm,
      form: 'as-sent',
    });
  });

  it('over the filled-in header is accepted, and only what it covers is given', async () => {
    const header = {
      message_id: 'm',
      message_ts: '2025-11-24T16:00:00.5+00:00',
      action: 'notify',
      sender_id: SENDER_ID,
      receiver_id: 'openspp',
      total_count: '1',
      status: 'succ',
    };
    const filled = filledHeader(nodeOf(header) as JsonObject);
    if (filled === null) throw new Error('no filled-in form');
    const signature = await httpSignature({ ...contentOf(), header: filled });
    const result = await verdict(signature, contentOf({ ...header, unknown: 'not signed' }));
    expect(result).toMatchObject({ ok: true, form: 'filled-in' });
    expect(result.ok && result.signed.headerNode.has('unknown')).toBe(false);
    expect(result.details.digests.map(({ form }) => form)).toEqual(['as-sent', 'filled-in']);
    for (const change of [
      { total_count: 2 },
      { status: 'rjct' },
      { status_reason_code: 'x' },
      { meta: '' },
    ]) {
      expect(await verdict(signature, contentOf({ ...header, ...change }))).toMatchObject({
        ok: false,
        reason: 'signature.mismatch',
      });
    }
  });

  it('over the filled-in header gives the values that were filled in, however they were sent', async () => {
    const header = {
      message_id: 'm',
      message_ts: '2025-11-24T16:00:00+00:00',
      action: 'on-search',
      sender_id: SENDER_ID,
      receiver_id: 'openspp',
      status: 'succ',
      total_count: 2,
    };
    const signedWith = async (completed_count: unknown) => {
      const filled = filledHeader(nodeOf({ ...header, completed_count }) as JsonObject);
      return httpSignature({ ...contentOf(), header: filled ?? new Map() });
    };
    // Somebody on the way may write 1 so; unread, a part of an answer would be taken for all of it.
    for (const completed_count of ['1', '1.0', ' 1', '+1', true]) {
      const result = await verdict(await signedWith(1), contentOf({ ...header, completed_count }));
      expect(result).toMatchObject({
        ok: true,
        form: 'filled-in',
        signed: { header: { completedCount: 1 } },
      });
      expect(result.ok && canonicalText(result.signed.headerNode.get('completed_count') ?? null)).toBe('1');
    }
    const asSent = contentOf({ ...header, completed_count: 1 });
    const result = await verdict(await signedWith(1), asSent);
    expect(result.ok && result.signed.header.messageTs).toBe('2025-11-24T16:00:00+00:00');
  });

  it.each([
    ['as the specification writes it', (s: string) => `Signature:  ${s.replace('"dci"', '"spdci"')}`],
    ['without a namespace', (s: string) => s.replace('namespace="dci", ', '')],
    ['with another namespace', (s: string) => s.replace('"dci"', '"g2p"')],
    ['without quotes', (s: string) => s.replace(/(\w+)="([^" ]*)"/g, '$1=$2')],
    ['without spaces', (s: string) => s.replaceAll('", ', '",')],
    ['with an unknown parameter', (s: string) => `${s}, note="x"`],
    [
      'with the algorithm in capitals',
      (s: string) => s.replace('algorithm="ed25519"', 'algorithm="Ed25519"'),
    ],
  ])('is accepted %s', async (_name, change) => {
    expect(await verdict(change(await httpSignature()))).toMatchObject({ ok: true });
  });

  it.each([
    ['a parameter twice', (s: string) => `${s}, algorithm="ed25519"`, 'signature.unreadable'],
    ['an unknown parameter twice', (s: string) => `${s}, a="1", a="1"`, 'signature.unreadable'],
    ['a signature twice', (s: string) => `${s}, ${s.slice(s.indexOf('signature='))}`, 'signature.unreadable'],
    ['a comma at the end', (s: string) => `${s},`, 'signature.unreadable'],
    ['text at the end', (s: string) => `${s} x`, 'signature.unreadable'],
    ['a line break', (s: string) => s.replace(', ', ',\n'), 'signature.unreadable'],
    ['two prefixes', (s: string) => `Signature: Signature: ${s}`, 'signature.unreadable'],
    [
      'a control character in the kid',
      (s: string) => s.replace('key-1', 'key\u0007'),
      'signature.unreadable',
    ],
    ['no kid', (s: string) => s.replace(/kidId="[^"]*", /, ''), 'signature.unreadable'],
    ['no algorithm', (s: string) => s.replace(/algorithm="[^"]*", /, ''), 'signature.unreadable'],
    ['no signature', (s: string) => s.replace(/, signature=.*/, ''), 'signature.unreadable'],
    [
      'an empty signature',
      (s: string) => s.replace(/, signature=.*/, ', signature=""'),
      'signature.unreadable',
    ],
    ['base64 without padding', (s: string) => s.replace('=="', '"'), 'signature.unreadable'],
    ['base64 with a space', (s: string) => s.replace('=="', ' =="'), 'signature.unreadable'],
    ['stray bits in the base64', strayBits, 'signature.unreadable'],
    ['nine thousand characters', (s: string) => `${s}, a="${'x'.repeat(9000)}"`, 'signature.unreadable'],
    ['a kid of two parts', (s: string) => s.replace('|key-1|', '|'), 'kid.malformed'],
    ['a kid of four parts', (s: string) => s.replace('|key-1|', '|key|1|'), 'kid.malformed'],
    ['a kid with an empty part', (s: string) => s.replace('|key-1|', '||'), 'kid.malformed'],
    [
      'another sender’s kid',
      (s: string) => s.replace(`"${SENDER_ID}|`, '"crvs.other.gov|'),
      'kid.other_sender',
    ],
    [
      'the sender’s id in capitals',
      (s: string) => s.replace(`"${SENDER_ID}|`, '"CRVS.national.gov|'),
      'kid.other_sender',
    ],
    ['another algorithm in the kid', (s: string) => s.replace('|ed25519', '|rs256'), 'algorithm.disagree'],
    ['an unknown algorithm in the kid', (s: string) => s.replace('|ed25519', '|x'), 'algorithm.disagree'],
    ['an unknown algorithm', (s: string) => s.replace('="ed25519"', '="hs256"'), 'algorithm.unsupported'],
    ['an algorithm none', (s: string) => s.replaceAll('ed25519', 'none'), 'algorithm.unsupported'],
    [
      'another of our algorithms',
      (s: string) => s.replaceAll('ed25519', 'rs256'),
      'algorithm.not_the_senders',
    ],
  ])('is refused with %s', async (_name, change, reason) => {
    const changed = change(await httpSignature());
    expect(await verdict(changed)).toMatchObject({ ok: false, code: 'err.signature.invalid', reason });
  });

  it.each([
    null,
    '',
    '(created)',
    '(created) (expires)',
    'digest',
    '(created) (expires)  digest',
    ' (created) (expires) digest',
    '(expires) (created) digest',
    '(created) (expires) digest digest',
    '(created) (expires) digest host',
    '(Created) (Expires) Digest',
  ])('is refused with headers %j', async (headers) => {
    expect(await verdict(rawSignature({ headers }))).toMatchObject({
      ok: false,
      reason: 'headers.unsupported',
    });
  });

  it.each([
    ['kidId is missing', (s: string) => s.replace(/kidId="[^"]*", /, '')],
    ['kidId must be printable ASCII', (s: string) => s.replace('key-1', 'key\u0007')],
    ['algorithm is missing', (s: string) => s.replace(/algorithm="[^"]*", /, '')],
    ['signature is missing', (s: string) => s.replace(/, signature=.*/, ', signature=""')],
    ['signature is not base64 with padding', (s: string) => s.replace('=="', '"')],
    ['headers must be exactly', (s: string) => s.replace('(created) (expires) digest', 'digest')],
    ['created must be in whole seconds', (s: string) => s.replace(/created="\d+"/, 'created="now"')],
    ['expires must be in whole seconds', (s: string) => s.replace(/expires="\d+"/, 'expires="2026-01-01"')],
    ['note is there twice', (s: string) => `${s}, note="x", note="y"`],
    ['what follows its parameter kidId', (s: string) => s.replace(', algorithm', ', ; algorithm')],
  ])('says which parameter is wrong: %s', async (words, change) => {
    const refused = await verdict(change(await httpSignature()));
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining(words) });
  });

  it('is refused where it covers less than it says', async () => {
    const less = rawSignature({}, `(created): ${NOW}\n(expires): ${NOW + 300}`);
    expect(await verdict(less)).toMatchObject({ ok: false, reason: 'signature.mismatch' });
    expect(await verdict(rawSignature())).toMatchObject({ ok: true });
  });

  describe('in time', () => {
    it.each([
      [0, 300, 'accepted'],
      [60, 360, 'accepted'],
      [61, 361, 'time.created_ahead'],
      [-300, 0, 'accepted'],
      [-300, -1, 'time.expired'],
      [-100, 86_300, 'accepted'],
      [-100, 86_301, 'time.window'],
      [0, 1, 'accepted'],
      [0, 0, 'time.window'],
      [10, 5, 'time.window'],
    ])('created at %i, expires at %i: %s', async (created, expires, expected) => {
      const result = await verdict(
        await httpSignature(contentOf(), { created: NOW + created, expires: NOW + expires }),
      );
      expect(result.ok ? 'accepted' : result.reason).toBe(expected);
      expect(result.details.clockDifferenceSeconds).toBe(0 - created);
    });

    it('goes by the limits that it is given', async () => {
      const signature = await httpSignature(contentOf(), { created: NOW + 5, expires: NOW + 105 });
      const within = { now: NOW, maxWindowSeconds: 100, skewSeconds: 5 };
      expect(await verdict(signature, contentOf(), senderWith('ed25519'), within)).toMatchObject({
        ok: true,
      });
      for (const tighter of [{ maxWindowSeconds: 99 }, { skewSeconds: 4 }]) {
        const result = await verdict(signature, contentOf(), senderWith('ed25519'), {
          ...within,
          ...tighter,
        });
        expect(result).toMatchObject({ ok: false, failed: 'time' });
      }
    });

    it.each([
      null,
      '',
      '-1',
      '+1764000000',
      '1764000000.0',
      '1.764e9',
      '1e9',
      ' 1764000000',
      '01764000000',
      '0x6925',
      '1764000000000000',
      '١٧٦٤',
      'NaN',
    ])('is refused with created %j, however signed', async (created) => {
      expect(await verdict(rawSignature({ created }))).toMatchObject({
        ok: false,
        reason: 'time.unreadable',
      });
    });
  });

  describe('and its key', () => {
    const jwk = (algorithm: 'ed25519' | 'es256', kid?: string) => {
      const key = pairOf(algorithm).publicKey.export({ format: 'jwk' });
      return keyFromJwk(kid === undefined ? key : { ...key, kid });
    };

    it('is found by the whole kid, the key id, or the thumbprint', async () => {
      const { thumbprint } = jwk('ed25519');
      const signature = await httpSignature(contentOf(), { keyId: 'key-1' });
      for (const kid of ['key-1', `${SENDER_ID}|key-1|ed25519`]) {
        expect(await verdict(signature, contentOf(), senderWithKeys([jwk('ed25519', kid)]))).toMatchObject({
          ok: true,
        });
      }
      const byThumbprint = await httpSignature(contentOf(), { keyId: thumbprint });
      for (const kid of [undefined, 'other']) {
        const sender = senderWithKeys([jwk('es256', 'x'), jwk('ed25519', kid)]);
        expect(await verdict(byThumbprint, contentOf(), sender)).toMatchObject({ ok: true, thumbprint });
      }
    });

    it('is not found by another name, nor used with another algorithm', async () => {
      const signature = await httpSignature();
      const other = senderWithKeys([jwk('ed25519', 'key-2')]);
      expect(await verdict(signature, contentOf(), other)).toMatchObject({
        ok: false,
        reason: 'kid.unknown',
        failed: 'kid',
      });
      expect(await verdict(signature, contentOf(), senderWithKeys([]))).toMatchObject({
        ok: false,
        reason: 'kid.unknown',
      });
      const wrong = senderWithKeys([jwk('es256', 'key-1')]);
      expect(await verdict(signature, contentOf(), wrong)).toMatchObject({
        ok: false,
        reason: 'algorithm.not_the_keys',
      });
    });

    it('is one of several while unnamed keys overlap', async () => {
      const other = keyFromPem(pemOf(pairOf('ed25519').publicKey), 'ed25519');
      const own = keyFromPem(pemOf(pairOf('es256').publicKey), 'es256');
      const sender = senderWithKeys([own, other]);
      expect(await verdict(await httpSignature(), contentOf(), sender)).toMatchObject({ ok: true });
    });

    it('of RS256 does not verify PS256, nor the other way', async () => {
      const pair = pairOf('rs256');
      for (const [by, registered] of [
        ['rs256', 'ps256'],
        ['ps256', 'rs256'],
      ] as const) {
        const signature = await httpSignature(contentOf(), { algorithm: by, pair });
        const honest = await verdict(signature, contentOf(), senderWith(registered, pair));
        expect(honest).toMatchObject({ ok: false, reason: 'algorithm.not_the_senders' });
        const relabelled = await verdict(
          signature.replaceAll(by, registered),
          contentOf(),
          senderWith(registered, pair),
        );
        expect(relabelled).toMatchObject({ ok: false, reason: 'signature.mismatch' });
      }
    });
  });
});

describe('a signature that is none', () => {
  it.each([null, '', '  ', 'unsigned', 'unsigned-stub', 'UNSIGNED', ' unsigned'])('%j', async (signature) => {
    const body = JSON.stringify({ signature, header: HEADER, message: MESSAGE });
    expect(await verifyEnvelope(parseEnvelope(body), senderWith('ed25519'), { now: NOW })).toMatchObject({
      ok: false,
      code: 'err.signature.missing',
      reason: 'signature.missing',
    });
  });
});

describe('the sender', () => {
  it('is the one in the header', async () => {
    const sender = { ...senderWith('ed25519'), senderId: 'crvs.other.gov' };
    expect(await verdict(await httpSignature(), contentOf(), sender)).toMatchObject({
      ok: false,
      code: 'err.sender_id.invalid',
      failed: 'sender',
    });
  });

  it('cannot be another by a look-alike', async () => {
    // A Cyrillic а: signed by the real sender's key, for the real sender.
    const content = contentOf({ ...HEADER, sender_id: 'crvs.nаtional.gov' });
    expect(await verdict(await httpSignature(content), content)).toMatchObject({
      code: 'err.sender_id.invalid',
    });
  });
});

describe('whatever is changed after signing', () => {
  const CHANGES: [string, (body: string) => string][] = [
    ['a value', (body) => body.replace('DEATH', 'BIRTH')],
    ['a digit of a date', (body) => body.replace('2024-12-01', '2024-12-02')],
    ['a string to a number', (body) => body.replace('"123456789"', '123456789')],
    ['a space in a value', (body) => body.replace('DEATH', 'DEATH ')],
    ['the case of a key', (body) => body.replace('event_type', 'Event_type')],
    ['an added member', (body) => body.replace('"event_type"', '"event_date_2":null,"event_type"')],
    [
      'an added __proto__',
      (body) => body.replace('"event_type"', '"__proto__":{"event_type":"BIRTH"},"event_type"'),
    ],
    ['an added element', (body) => body.replace('[{"type"', '[{},{"type"')],
    ['null to missing', (body) => body.replace(',"meta":null', '')],
    ['false to 0', (body) => body.replace('"is_msg_encrypted":false', '"is_msg_encrypted":0')],
    ['the header wrapped', (body) => body.replace('"openspp"', '["openspp"]')],
  ];

  it.each(CHANGES)('%s', async (_name, change) => {
    // With a member that the schema drops, so that there is only the form as sent.
    const content = contentOf({ ...HEADER, meta: null, extra: 1, receiver_id: 'openspp' });
    const body = printEnvelope(await httpSignature(content), content);
    const changed = change(body);
    expect(changed).not.toBe(body);
    const result = await verifyEnvelope(parseEnvelope(changed), senderWith('ed25519'), { now: NOW });
    expect(result).toMatchObject({ ok: false, reason: 'signature.mismatch' });
  });

  it('is refused outright where a key is added twice', async () => {
    const body = printEnvelope(await httpSignature(), contentOf());
    for (const twice of ['"event_type":"DEATH",', '"event_typ\\u0065":"BIRTH",']) {
      expect(() => parseEnvelope(body.replace('"event_type"', `${twice}"event_type"`))).toThrow(
        /same key twice/,
      );
    }
  });

  it('means nothing outside of header and message', async () => {
    const body = printEnvelope(await httpSignature(), contentOf()).replace(
      '{',
      '{"extra":{"event_type":"BIRTH"},',
    );
    const envelope = parseEnvelope(body);
    expect(await verifyEnvelope(envelope, senderWith('ed25519'), { now: NOW })).toMatchObject({ ok: true });
    expect(envelope.message).toEqual(contentOf().message);
  });
});

describe('signing and verifying', () => {
  it('agree on random envelopes, in any order of keys and spacing', async () => {
    const random = randomFrom(99);
    const sender = senderWith('ed25519');
    for (let n = 0; n < 100; n++) {
      const header = new Map([...randomObject(random), ...contentOf().header]);
      const content = { header, message: randomObject(random) };
      const signature = await httpSignature(content, { keyId: `k-${n}` });
      const shuffled = {
        header: new Map([...header].reverse()),
        message: new Map([...content.message].reverse()),
      };
      expect(await verdict(signature, shuffled, sender)).toMatchObject({ ok: true, form: 'as-sent' });
      const key = `${randomText(random)}+`;
      const more = { header, message: new Map([...content.message, [key, null]]) };
      expect(await verdict(signature, more, sender)).toMatchObject({
        ok: false,
        reason: 'signature.mismatch',
      });
    }
  });
});

describe('explain', () => {
  it('gives both ends what they need, and nothing of the content', async () => {
    const signature = await httpSignature(contentOf(), { created: NOW - 7 });
    const refused = await verdict(
      signature,
      contentOf({ ...HEADER, total_count: '2' }, { name: 'Zebulon Quattlebaum' }),
    );
    const text = explain(refused);
    expect(text).toMatch(/^signature\.mismatch: /);
    expect(text).toContain(`kid ${SENDER_ID}|key-1|ed25519`);
    expect(text).toMatch(/digest as-sent [\w+/]{43}=; digest filled-in [\w+/]{43}=; created 7 s ago$/);
    expect(text).not.toMatch(/Zebulon|Quattlebaum/);
    const ahead = await verdict(await httpSignature(contentOf(), { created: NOW + 90 }));
    expect(explain(ahead)).toContain('created 90 s ahead of our clock');
    expect(explain(await verdict(await httpSignature()))).toContain('signature verifies (as-sent)');
  });
});

/** The same bytes, spelled with bits set that the decoder throws away. */
function strayBits(signature: string): string {
  return signature.replace(
    /([AQgw])=="$/,
    (_whole, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=="`,
  );
}
