import { Child } from '../lib/child.ts';
import { progress } from '../lib/progress.ts';
import { makeSender, SENDER_ID } from './contenders.ts';
import type { LoadQuestions } from './load-child.ts';
import { PATH } from './servers.ts';

/**
 * A process that sends notifications of a new sender, all signed before anything is measured.
 *
 * @returns the process, and the sender's row in OpenSPP
 */
export async function signedLoad(count: number, uins: readonly string[]) {
  const { privateKey, row } = makeSender('ed25519');
  const load = new Child<LoadQuestions>(new URL('./load-child.ts', import.meta.url));
  progress(`signing ${count} notifications`);
  await load.ask('sign', {
    count,
    path: PATH,
    senderId: SENDER_ID,
    algorithm: 'ed25519',
    privateKey,
    uins: [...uins],
  });
  return { load, row };
}
