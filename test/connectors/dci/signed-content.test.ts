import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { filledHeader } from '../../../src/dci/filled-header.ts';
import type { JsonObject } from '../../../src/dci/json.ts';
import { nodeOf, printEnvelope, signHttpSignature } from '../../../src/dci/sign.ts';
import type { ReceivedCallback } from '../../../src/registries/callback-service.ts';
import { trustedSender } from '../../../src/senders/trusted-sender.ts';
import { DEATH, envelope, HEADER, NOW, openFace, SEARCH_ANSWER, SENDER_ID } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';

const shared = sharedInbox();
const KEY = generateKeyPairSync('ed25519');

/** A bridge that keeps what it hears of callbacks, and knows the sender by `KEY`. */
async function open() {
  const callbacks: ReceivedCallback[] = [];
  const face = await openFace(
    {},
    {
      inbox: shared.inbox,
      instead: () => ({
        onCallback: async (callback) => {
          callbacks.push(callback);
        },
      }),
    },
  );
  return { face, callbacks };
}

async function bodyOfOnly(inbox = shared.inbox): Promise<string> {
  const events = await inbox.list({});
  expect(events).toHaveLength(1);
  return (await inbox.show(events[0]?.id ?? 0))?.body ?? '';
}

it.each([
  ['first', 0],
  ['second', 1],
])(
  'a JWS whose envelope spells a number in another way is the same message, sent %s',
  async (_when, place) => {
    const { face } = await open();
    const message = { ...DEATH, certainty: 1 };
    const genuine = await envelope(message, { form: 'jws' });
    const respelt = genuine.replace('"certainty":1', '"certainty":1.0');
    expect(respelt).not.toBe(genuine);
    const sent = place === 0 ? [respelt, genuine] : [genuine, respelt];
    for (const body of sent) expect((await face.post('/crvs', body)).status).toBe(202);
    // Whichever came first, what is kept is what was signed.
    expect(JSON.parse(await bodyOfOnly())).toEqual(JSON.parse(genuine));
    expect(await bodyOfOnly()).toContain('"certainty":1}');
  },
);

it('acts on the header that the signature covers, and keeps no other', async () => {
  const { face, callbacks } = await open();
  face.senders = new Map([
    [
      SENDER_ID,
      trustedSender({
        senderId: SENDER_ID,
        name: 'Registry',
        algorithm: 'ed25519',
        publicKey: String(KEY.publicKey.export({ type: 'spki', format: 'pem' })),
        jwksUrl: null,
      }),
    ],
  ]);
  const header = nodeOf({ ...HEADER, action: 'on-search' }) as JsonObject;
  const filled = filledHeader(header);
  if (!filled) throw new Error('no filled-in form');
  const message = nodeOf(SEARCH_ANSWER) as JsonObject;
  const signature = await signHttpSignature(
    { header: filled, message },
    {
      senderId: SENDER_ID,
      keyId: 'key-1',
      algorithm: 'ed25519',
      privateKey: KEY.privateKey,
      created: NOW - 5,
      expires: NOW + 300,
    },
  );
  const added = new Map([...header, ...(nodeOf({ completed_count: 0, note: 'put in' }) as JsonObject)]);
  const body = printEnvelope(signature, { header: added, message });
  expect((await face.post('/registry/on-search', body)).status).toBe(202);
  expect(callbacks).toHaveLength(1);
  expect(Object.keys(callbacks[0]?.header ?? {})).toEqual([...filled.keys()]);
  // Its genuine copy is a repeat.
  const genuine = await face.post('/registry/on-search', printEnvelope(signature, { header, message }));
  expect(genuine.status).toBe(202);
  expect(callbacks[1]?.inboxId).toBe(callbacks[0]?.inboxId);
});
