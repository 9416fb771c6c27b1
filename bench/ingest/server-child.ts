import type { OdooAccess } from '../../src/composition/context.ts';
import type { SenderRow } from '../../src/senders/trusted-sender.ts';
import { answerParent } from '../lib/answer-parent.ts';
import { peakRss } from '../lib/machine.ts';
import { type Served, serveBare, serveBridge, serveDelivering, serveVerifying } from './servers.ts';

/** Which server, and what it needs. */
export type ServerJob =
  | { kind: 'bare' }
  | { kind: 'verifying'; sender: SenderRow }
  | { kind: 'bridge'; sender: SenderRow; inboxUrl: string | null }
  | { kind: 'delivering'; access: OdooAccess; inboxUrl: string };

let served: Served | null = null;

const questions = {
  async serve(job: ServerJob) {
    served = await start(job);
    return served.port;
  },
  /** CPU seconds so far, of all its threads. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  /** CPU seconds so far of the main thread alone. */
  mainCpu() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1e6;
  },
  commits: () => served?.commits?.() ?? Number.NaN,
  peakRss: () => peakRss(),
  kept: () => served?.kept() ?? null,
};

function start(job: ServerJob): Promise<Served> {
  if (job.kind === 'bare') return serveBare();
  if (job.kind === 'verifying') return serveVerifying(job.sender);
  if (job.kind === 'bridge') return serveBridge(job.sender, job.inboxUrl);
  return serveDelivering(job.access, job.inboxUrl);
}

export type ServerQuestions = typeof questions;
answerParent(questions, () => served?.close());
