import { createHmac } from 'node:crypto';
import { mutateTree } from '../mutate-tree.ts';
import { Obj, printTree, type Tree, treeOf } from '../oracle/tree.ts';
import type { Random } from '../random.ts';
import { PRIVATE } from '../world.ts';
import { input, type Kind } from './kind.ts';

/** What the routes of OpenCRVS and MOSIP are opened with in a run. */
export const DOCUMENT_SECRET = 'a-secret-of-the-fuzzed-routes';
export const MOSIP_TOPIC = 'openspp/CREDENTIAL_ISSUED';

const registration = (count: number) =>
  treeOf({
    id: `event-${count}`,
    type: 'birth',
    actions: [
      {
        id: 'declare',
        type: 'DECLARE',
        status: 'Accepted',
        createdAt: '2025-03-01T08:00:00.000Z',
        declaration: {
          'child.name': { firstname: PRIVATE, surname: PRIVATE },
          'child.dob': '2025-02-20',
          'child.idType': 'NATIONAL_ID',
          'child.nid': PRIVATE,
          'mother.nid': PRIVATE,
        },
      },
      {
        id: 'register',
        type: 'REGISTER',
        status: 'Accepted',
        createdAt: '2025-03-01T08:01:00.000Z',
        registrationNumber: `${PRIVATE}-${count}`,
      },
    ],
  });

const credential = (count: number) =>
  treeOf({
    topic: MOSIP_TOPIC,
    publishedOn: '2026-01-05T10:00:00.123Z',
    event: {
      id: `event-${count}`,
      timestamp: '2026-01-05T10:00:00.123Z',
      data: { credential: { credentialSubject: { birthCertificateNumber: PRIVATE, UIN: PRIVATE } } },
    },
  });

/**
 * What a body is signed as: itself, and where OpenCRVS 1.x posts, also as its webhooks service puts it (the text
 * `sha256:` and the body with percent signs).
 */
export function signedTexts(path: string, body: string): string[] {
  return path === '/opencrvs/webhook' ? [body, `sha256:${encodeURIComponent(body)}`] : [body];
}

export const hmacOf = (text: string): string =>
  `sha256=${createHmac('sha256', DOCUMENT_SECRET).update(text).digest('hex')}`;

/** The body with the HMAC that its route asks for; a tenth of them with a wrong one. */
export function signedAt(
  path: string,
  body: string,
  random: Random,
  mustBeAccepted: boolean,
): ReturnType<Kind> {
  const wrong = !mustBeAccepted && random.oneIn(10);
  // As it will be read: what UTF-8 cannot hold is another letter by then.
  const text = random.of(signedTexts(path, body.toWellFormed()));
  return { ...input(body, mustBeAccepted), path, signature: hmacOf(wrong ? `${text} ` : text) };
}

export function changed(tree: Tree, random: Random): string {
  let root = tree;
  for (let times = random.int(4); times > 0; times -= 1) root = mutateTree(root, random);
  return printTree(root instanceof Obj ? root : new Obj([['id', root]]));
}

/** Event documents of OpenCRVS 2.x, whole and changed. */
export const eventDocuments: Kind = (_world, random, count) =>
  random.oneIn(4)
    ? signedAt('/opencrvs/events', printTree(registration(count)), random, true)
    : signedAt('/opencrvs/events', changed(registration(count), random), random, false);

/** Deliveries of MOSIP's hub, whole and changed. */
export const mosipDeliveries: Kind = (_world, random, count) =>
  random.oneIn(4)
    ? signedAt('/mosip/credentials', printTree(credential(count)), random, true)
    : signedAt('/mosip/credentials', changed(credential(count), random), random, false);
