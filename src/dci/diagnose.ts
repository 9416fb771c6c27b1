import { hash, type KeyObject, verify } from 'node:crypto';
import { ALGORITHMS, verifySignature } from './algorithms.ts';
import { canonicalText } from './canonical.ts';
import type { Envelope } from './envelope.ts';
import { filledHeader } from './filled-header.ts';
import { parseHttpSignature, signedText } from './http-signature.ts';
import { isJsonArray, isJsonObject, type JsonNode, JsonNumber, type JsonObject, showPath } from './json.ts';
import { equalJson } from './json-equal.ts';
import { jwsPayload, jwsSigningInput, looksLikeJws, parseJws } from './jws.ts';
import type { VerificationKey } from './keys.ts';
import type { Refused, Sender } from './verify.ts';

/** What the sender's engineer should look at. */
export interface Hint {
  /** Stable, for programs: `keys.unsorted`, `key.other`, … */
  code: string;
  /** A sentence for people; no content of the message but names of fields. */
  message: string;
}

/**
 * Looks for what a refused signature was made over instead: tries the mistakes that are known to be made, with the
 * sender's keys, and gives the one with which it verifies. For people who ask, not for the receive path: it makes some
 * hundreds of verifications.
 *
 * @returns empty where the reason says all, or nothing was found
 */
export async function diagnose(envelope: Envelope, sender: Sender, refused: Refused): Promise<Hint[]> {
  const { signature } = envelope;
  if (signature === null) return [];
  if (refused.reason === 'digest.payload') return payloadHints(envelope, signature);
  if (refused.reason !== 'signature.mismatch') return [];
  const attempt = looksLikeJws(signature) ? jwsAttempt(signature) : httpAttempt(signature);
  if (attempt === null) return [];
  for (const guess of guesses(envelope)) {
    for (const key of keysOf(sender, refused)) {
      for (const { data, hint } of attempt.inputs(guess.text)) {
        const wrapped = await madeBy(key, data, attempt.signature);
        if (wrapped === null) continue;
        const hints = [...guess.hints, ...(hint ? [hint] : []), ...wrapped];
        const named = refused.details.kid;
        if (named !== null && !isNamed(key, named)) hints.push(otherKey(key));
        return hints.length > 0 ? hints : [UTF16_ORDER];
      }
    }
  }
  return [NOTHING_FOUND];
}

const NOTHING_FOUND: Hint = {
  code: 'nothing.found',
  message:
    'none of the usual mistakes explains it: most likely the key that signed is not the one registered, or something changed the body on its way (compare the digests, and the thumbprints of the keys)',
};

/** The only difference left that no other hint stands for. */
const UTF16_ORDER: Hint = {
  code: 'keys.utf16',
  message:
    'the signed JSON has its keys sorted by UTF-16 code units; sort them by code point (characters above U+FFFF come last)',
};

interface Attempt {
  signature: Buffer;
  /** What may have been signed, where this is the text that was to be signed. */
  inputs(text: string): { data: Buffer; hint: Hint | null }[];
}

function httpAttempt(text: string): Attempt | null {
  const parsed = parseHttpSignature(text);
  if ('flaw' in parsed) return null;
  const { created, expires, signature } = parsed;
  const over = (digest: string) => signedText(created, expires, digest);
  const times = `(created): ${created}\n(expires): ${expires}\n`;
  return {
    signature,
    inputs: (canonical) => {
      const base64 = hash('sha256', canonical, 'base64');
      const hex = hash('sha256', canonical, 'hex');
      const plain: [string | Buffer, Hint | null][] = [
        [over(base64), null],
        [over(hex), DIGEST_HEX],
        [over(Buffer.from(hex).toString('base64')), DIGEST_HEX],
        [over(`SHA-256=${base64}`), DIGEST_PREFIX],
        [over(hash('sha256', canonical, 'base64url')), DIGEST_URL],
        [over(hash('sha512', canonical, 'base64')), DIGEST_512],
        [`${times}digest: ${base64}\n`, LINE_BREAK],
        [`${times}digest: ${base64}`.replaceAll('\n', '\r\n'), LINE_BREAK],
        [`${times}digest: ${base64}`.replaceAll('\n', ' '), LINE_BREAK],
        [canonical, NO_SIGNING_TEXT],
      ];
      return plain.map(([data, hint]) => ({ data: Buffer.from(data), hint }));
    },
  };
}

const digestHint = (code: string, what: string): Hint => ({
  code,
  message: `the digest in the signed text is ${what}; it must be the base64 of the 32 bytes of SHA-256, with padding`,
});
const DIGEST_HEX = digestHint('digest.hex', 'made from hexadecimal digits');
const DIGEST_PREFIX = digestHint('digest.prefix', 'written with the prefix "SHA-256="');
const DIGEST_URL = digestHint('digest.base64url', 'in base64url');
const DIGEST_512 = digestHint('digest.sha512', 'SHA-512');
const LINE_BREAK: Hint = {
  code: 'text.line_break',
  message: 'the lines of the signed text must be joined by one line feed each, and none at the end',
};
const NO_SIGNING_TEXT: Hint = {
  code: 'text.content',
  message:
    'the signature is over the canonical JSON itself; it must be over "(created): …", "(expires): …", "digest: …"',
};

function jwsAttempt(text: string): Attempt | null {
  const jws = parseJws(text);
  // One with a payload is over just that payload: there is nothing to guess but the key.
  if (typeof jws === 'string') return null;
  return {
    signature: jws.signature,
    inputs: (canonical) => [{ data: jwsSigningInput(jws, canonical), hint: null }],
  };
}

function keysOf(sender: Sender, { details }: Refused): VerificationKey[] {
  const named = sender.keys.filter((key) => details.kid !== null && isNamed(key, details.kid));
  return [...named, ...sender.keys.filter((key) => !named.includes(key))];
}

function isNamed(key: VerificationKey, kid: string): boolean {
  const names = [kid, kid.split('|')[1]];
  return key.kid === null || names.includes(key.kid) || names.includes(key.thumbprint);
}

function otherKey({ kid, thumbprint }: VerificationKey): Hint {
  return {
    code: 'key.other',
    message: `it was made with another key of the sender than it names: ${kid ?? thumbprint}`,
  };
}

/** @returns the hints on how it is written; null where this key did not make it */
async function madeBy(key: VerificationKey, data: Buffer, signature: Buffer): Promise<Hint[] | null> {
  if (await verifySignature(key.algorithm, key.keyObject, data, signature)) return [];
  const { keyType, digest } = ALGORITHMS[key.algorithm];
  if (keyType === 'ec' && signature[0] === 0x30 && verifiesDer(digest, data, key.keyObject, signature)) {
    return [
      {
        code: 'signature.der',
        message:
          'the ECDSA signature is written in DER; it must be R and S joined (IEEE P1363), as JOSE has it',
      },
    ];
  }
  if (keyType === 'rsa') {
    const other = key.algorithm === 'ps256' ? 'rs256' : 'ps256';
    if (await verifySignature(other, key.keyObject, data, signature)) {
      return [
        {
          code: 'signature.padding',
          message: `the RSA signature is one of ${other}, and says that it is one of ${key.algorithm}`,
        },
      ];
    }
  }
  return null;
}

function verifiesDer(digest: string | null, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, data, { key, dsaEncoding: 'der' }, signature);
  } catch {
    return false;
  }
}

/** How a text may differ from the canonical one. */
interface Style {
  sorted: boolean;
  ascii: boolean;
  spaced: boolean;
  numbers: 'python' | 'javascript' | 'as sent';
  normal: 'NFC' | 'NFD' | null;
}

interface Guess {
  text: string;
  hints: Hint[];
}

const STYLES: readonly Style[] = [true, false].flatMap((sorted) =>
  [true, false].flatMap((ascii) =>
    [false, true].flatMap((spaced) =>
      (['python', 'javascript', 'as sent'] as const).flatMap((numbers) =>
        ([null, 'NFC', 'NFD'] as const).map((normal) => ({ sorted, ascii, spaced, numbers, normal })),
      ),
    ),
  ),
);

/** All that is worth trying, with the fewest mistakes first. */
function guesses(envelope: Envelope): Guess[] {
  const { headerNode: header, message, root } = envelope;
  const filled = filledHeader(header);
  const withoutSignature = new Map(root);
  withoutSignature.delete('signature');
  const both = (one: JsonObject): JsonObject =>
    new Map<string, JsonNode>([
      ['header', one],
      ['message', message],
    ]);
  const contents: { node: JsonNode; hint: Hint | null }[] = [
    { node: both(header), hint: null },
    ...(filled === null ? [] : [{ node: both(filled), hint: null }]),
    { node: both(withoutNulls(header)), hint: WITHOUT_NULLS },
    { node: message, hint: coverage('message', 'message alone') },
    { node: header, hint: coverage('header', 'header alone') },
    { node: withoutSignature, hint: coverage('body', 'other members of the body as well') },
    {
      node: new Map([...root, ['signature', '']]),
      hint: coverage('signature', 'an empty signature as well'),
    },
    {
      node: new Map([...root, ['signature', null]]),
      hint: coverage('signature', 'a null signature as well'),
    },
  ];
  const seen = new Set<string>();
  return contents
    .flatMap(({ node, hint }) =>
      STYLES.map((style) => ({
        text: write(node, style),
        hints: [...(hint ? [hint] : []), ...styleHints(style)],
      })),
    )
    .sort((a, b) => a.hints.length - b.hints.length)
    .filter(({ text }) => !seen.has(text) && seen.add(text));
}

const WITHOUT_NULLS: Hint = {
  code: 'header.nulls',
  message: 'the signature is over a header without the members that are null in the one that was sent',
};

function coverage(code: string, what: string): Hint {
  return {
    code: `covers.${code}`,
    message: `the signature is over ${what}; it must be over {"header": …, "message": …}`,
  };
}

function styleHints({ sorted, ascii, spaced, numbers, normal }: Style): Hint[] {
  const hints: Hint[] = [];
  const add = (code: string, message: string) => hints.push({ code, message });
  if (!sorted)
    add('keys.unsorted', 'the signed JSON has its keys in the order of the message; sort them by code point');
  if (!ascii)
    add(
      'text.not_escaped',
      'the signed JSON has characters outside ASCII as they are; write each as \\uXXXX',
    );
  if (spaced) add('text.spaces', 'the signed JSON has spaces after commas and colons; leave them out');
  if (numbers === 'javascript')
    add(
      'numbers.javascript',
      'the signed JSON has fractions as JavaScript prints them; 1.0 stays 1.0, 1e22 is 1e+22',
    );
  if (numbers === 'as sent')
    add(
      'numbers.as_sent',
      'the signed JSON has fractions as they were sent; print them as Python does: 1.10 is 1.1',
    );
  if (normal !== null)
    add(
      'text.normalised',
      `the signed JSON has its text in Unicode form ${normal}, the message that was sent has not`,
    );
  return hints;
}

function withoutNulls(object: JsonObject): JsonObject {
  return new Map([...object].filter(([, value]) => value !== null));
}

function write(node: JsonNode, style: Style): string {
  const { sorted, ascii, spaced, numbers, normal } = style;
  const [comma, colon] = spaced ? [', ', ': '] : [',', ':'];
  const text = (value: string) => {
    const shown = normal === null ? value : value.normalize(normal);
    return ascii ? canonicalText(shown) : JSON.stringify(shown);
  };
  const print = (value: JsonNode): string => {
    if (typeof value === 'string') return text(value);
    if (value instanceof JsonNumber) {
      if (numbers === 'as sent') return value.text;
      return numbers === 'python' ? canonicalText(value) : JSON.stringify(Number(value.text));
    }
    if (isJsonArray(value)) return `[${value.map(print).join(comma)}]`;
    if (!isJsonObject(value)) return canonicalText(value);
    const keys = [...value.keys()];
    const ordered = sorted ? keys.sort() : keys;
    return `{${ordered.map((key) => `${text(key)}${colon}${print(value.get(key) as JsonNode)}`).join(comma)}}`;
  };
  return print(node);
}

function payloadHints(envelope: Envelope, signature: string): Hint[] {
  const jws = parseJws(signature);
  const payload = typeof jws === 'string' ? undefined : jwsPayload(jws);
  if (payload === undefined) {
    return [
      { code: 'payload.unreadable', message: 'the payload of the JWS is not JSON, or has a key twice' },
    ];
  }
  const rest = new Map(envelope.root);
  rest.delete('signature');
  const path = firstDifference(payload, rest, []);
  const place = path === null ? '' : showPath(path);
  return [
    {
      code: 'payload.differs',
      message: `the payload of the JWS differs from the envelope first at ${place === '' ? 'its root' : place}`,
    },
  ];
}

/** The path of the first place where two nodes differ as values; null where they do not. */
function firstDifference(a: JsonNode, b: JsonNode, path: (string | number)[]): (string | number)[] | null {
  if (equalJson(a, b)) return null;
  if (isJsonArray(a) && isJsonArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
      const [one, other] = [a[i], b[i]];
      if (one === undefined || other === undefined) return [...path, i];
      const found = firstDifference(one, other, [...path, i]);
      if (found !== null) return found;
    }
  } else if (isJsonObject(a) && isJsonObject(b)) {
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const [one, other] = [a.get(key), b.get(key)];
      if (one === undefined || other === undefined) return [...path, key];
      const found = firstDifference(one, other, [...path, key]);
      if (found !== null) return found;
    }
  }
  return path;
}
