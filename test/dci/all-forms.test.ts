import { CompactSign, FlattenedSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { verifyEnvelope } from '../../src/dci/verify.ts';
import { Obj, treeOf } from '../fuzz/oracle/tree.ts';
import { bodyOf, contentText, httpParameters, joseName, printParameters, signable } from '../fuzz/sign.ts';
import { makeWorld, NOW, type Seed, type Signer } from '../fuzz/world.ts';

/*
 * Every algorithm, with a key from OpenSPP's registry and from a JWKS (named by a kid, by OpenSPP's kid, by the
 * thumbprint), in every form, over the header as sent and as filled in. Signed by jose and node:crypto over canonical
 * texts that are written apart from the bridge's.
 */

const world = makeWorld();

const HEADERS: Record<string, object> = {
  full: {
    version: '1.0.0',
    message_id: 'm-1',
    message_ts: '2025-11-24T16:00:00Z',
    action: 'notify',
    sender_uri: 'https://crvs.example',
    receiver_id: 'openspp',
    total_count: 1,
    is_msg_encrypted: false,
    meta: null,
  },
  sparse: {
    message_id: 'm-1',
    message_ts: '2025-11-24T16:00:00.5+00:00',
    action: 'notify',
    receiver_id: 'r',
  },
  callback: {
    message_id: 'm-1',
    message_ts: '2025-11-24',
    action: 'on-search',
    receiver_id: 'r',
    status: 'succ',
    total_count: '7',
    extra: { dropped: true },
  },
};
const MESSAGE = {
  event_type: 'DEATH',
  person: { name: 'Zoë 😀', height: 1.5, weight: 1e22, id: '\u2028"\\' },
};

function seed(signer: Signer, header: object): Seed {
  const tree = treeOf({ ...header, sender_id: signer.senderId });
  const message = treeOf(MESSAGE);
  if (!(tree instanceof Obj) || !(message instanceof Obj)) throw new TypeError('objects');
  return { header: tree, message };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const jwsHeader = (signer: Signer) => ({
  alg: joseName(signer),
  ...(signer.kid === null ? {} : { kid: signer.kid }),
});

const FORMS: Record<string, (signer: Signer, content: Seed, text: string) => Promise<string> | string> = {
  'HTTP-signature': (signer, _content, text) =>
    printParameters(Object.entries(httpParameters(signer, text, { created: NOW - 1, expires: NOW + 300 }))),
  'HTTP-signature, prefixed': (signer, _content, text) =>
    `Signature: ${printParameters(Object.entries({ ...httpParameters(signer, text, { created: NOW, expires: NOW + 1 }), namespace: 'spdci' }))}`,
  JWS: (signer, content) =>
    new CompactSign(bytes(contentText(content)))
      .setProtectedHeader(jwsHeader(signer))
      .sign(signer.privateKey),
  'detached JWS': async (signer, _content, text) => {
    const jws = await new CompactSign(bytes(text))
      .setProtectedHeader(jwsHeader(signer))
      .sign(signer.privateKey);
    return jws.replace(/\..*\./, '..');
  },
  'detached JWS, not encoded': async (signer, _content, text) => {
    const jws = await new FlattenedSign(bytes(text))
      .setProtectedHeader({ ...jwsHeader(signer), b64: false, crit: ['b64'] })
      .sign(signer.privateKey);
    return `${jws.protected}..${jws.signature}`;
  },
};

const verdict = async (body: string, senderId: string) => {
  const sender = world.senders.get(senderId);
  if (!sender) throw new Error('the sender is known');
  return verifyEnvelope(parseEnvelope(body), sender, { now: NOW });
};

describe.each(
  world.signers.map((signer) => [`${signer.algorithm}, ${signer.kid ?? 'by PEM'}`, signer] as const),
)('%s', (_name, signer) => {
  it.each(
    Object.keys(FORMS).flatMap((form) =>
      Object.keys(HEADERS).flatMap((header) =>
        (['as-sent', 'filled-in'] as const).map((over) => [form, header, over] as const),
      ),
    ),
  )('%s over a %s header, %s', async (form, header, over) => {
    const content = seed(signer, HEADERS[header] ?? {});
    const signature = (await FORMS[form]?.(signer, content, signable(content, over))) ?? '';
    const accepted = await verdict(bodyOf(signature, content), signer.senderId);
    expect(accepted).toMatchObject({ ok: true, algorithm: signer.algorithm, thumbprint: signer.thumbprint });
    const changed = { ...content, message: content.message.with('event_type', 'BIRTH') };
    expect((await verdict(bodyOf(signature, changed), signer.senderId)).ok).toBe(false);
    const stamped = { ...content, header: content.header.with('message_id', 'm-2') };
    expect((await verdict(bodyOf(signature, stamped), signer.senderId)).ok).toBe(false);
  });

  it('by nobody else, under the same name', async () => {
    const content = seed(signer, HEADERS.full ?? {});
    const other = world.signers.find(
      (one) => one.algorithm === signer.algorithm && one.thumbprint !== signer.thumbprint,
    );
    if (!other) throw new Error('there are two keys of each algorithm');
    const thief = { ...other, senderId: signer.senderId, kid: signer.kid };
    for (const [form, make] of Object.entries(FORMS)) {
      const signature = await make(thief, content, signable(content, 'as-sent'));
      const result = await verdict(bodyOf(signature, content), signer.senderId);
      expect(result, form).toMatchObject({ ok: false, reason: 'signature.mismatch' });
    }
  });

  it.each(['none', 'HS256', 'HS384', 'HS512', 'RS384', 'PS512', 'ES512', 'ES256K', 'RSA1_5'])(
    'never as %s',
    async (alg) => {
      const content = seed(signer, HEADERS.full ?? {});
      const made = String(await FORMS.JWS?.(signer, content, ''));
      const head = Buffer.from(JSON.stringify({ ...jwsHeader(signer), alg })).toString('base64url');
      const signature = made.replace(/^[^.]*/, head);
      const result = await verdict(bodyOf(signature, content), signer.senderId);
      expect(result).toMatchObject({ ok: false, reason: 'algorithm.unsupported' });
    },
  );
});
