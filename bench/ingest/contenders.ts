import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { AlgorithmName } from '../../src/dci/algorithms.ts';
import { create } from '../../src/odoo/orm.ts';
import { MODEL } from '../../src/openspp/vocabulary.ts';
import type { SenderRow } from '../../src/senders/trusted-sender.ts';
import { FlagError } from '../lib/flags.ts';
import { makeRegistrants } from '../lib/registrants.ts';
import { sandboxTarget, type Target } from '../lib/target.ts';
import type { PostgresDatabases } from './postgres-databases.ts';
import type { ServerJob } from './server-child.ts';

/** A server in the comparison. */
export interface Contender {
  letter: 'a' | 'b' | 'c' | 'p' | 'd' | 'n';
  title: string;
  /** What its process is to do in a round; `close` ends what was made for it. */
  job(round: number): Promise<{ job: ServerJob; close(): Promise<void> }>;
}

export const SENDER_ID = 'crvs.bench.example';

/** A key pair: the private key as PEM, the public one as OpenSPP's sender registry has it. */
export function makeSender(algorithm: AlgorithmName): { privateKey: string; row: SenderRow } {
  const pair = {
    ed25519: () => generateKeyPairSync('ed25519'),
    rs256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ps256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    es256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    es384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  }[algorithm]();
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    row: {
      senderId: SENDER_ID,
      name: 'Bench Registry',
      algorithm,
      publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      jwksUrl: null,
    },
  };
}

/** The servers that are compared, in their order. */
export function contendersOf(
  sender: SenderRow,
  folder: string,
  withDelivery: boolean,
  uins: string[],
  postgres: PostgresDatabases,
): Contender[] {
  const alone = (job: ServerJob) => async () => ({ job, close: async () => {} });
  // A fresh inbox each time, so that the same messages are new ones again.
  const inboxUrl = (letter: string, round: number) =>
    `sqlite:${join(folder, `${letter}${round}`, 'inbox.db')}`;
  const contenders: Contender[] = [
    { letter: 'a', title: '(a) reads and parses', job: alone({ kind: 'bare' }) },
    { letter: 'b', title: '(b) verifies', job: alone({ kind: 'verifying', sender }) },
    {
      letter: 'c',
      title: '(c) the bridge, inbox only',
      job: (round) => alone({ kind: 'bridge', sender, inboxUrl: inboxUrl('c', round) })(),
    },
    {
      letter: 'p',
      title: '(p) the bridge, inbox in PostgreSQL',
      async job() {
        const database = await postgres.create();
        return { job: { kind: 'bridge', sender, inboxUrl: database.url }, close: database.drop };
      },
    },
  ];
  if (!withDelivery) return contenders;
  return [
    ...contenders,
    {
      letter: 'd',
      title: '(d) the bridge, delivering',
      async job(round) {
        const target = await deliveryTarget(sender, uins);
        return {
          job: { kind: 'delivering', access: target.bridge, inboxUrl: inboxUrl('d', round) },
          close: target.close,
        };
      },
    },
  ];
}

/** A sandbox that trusts the sender and knows whom its messages are about. */
async function deliveryTarget(sender: SenderRow, uins: string[]): Promise<Target> {
  if (sender.algorithm !== 'ed25519' && sender.algorithm !== 'rs256') {
    throw new FlagError(
      'OpenSPP registers senders with ed25519 or rs256 only: --with-delivery needs one of them',
    );
  }
  const target = await sandboxTarget();
  await create(target.admin, MODEL.sender, [
    {
      name: sender.name,
      sender_id: sender.senderId,
      algorithm: sender.algorithm,
      public_key: sender.publicKey ?? false,
    },
  ]);
  await makeRegistrants(target.admin, uins);
  return target;
}
