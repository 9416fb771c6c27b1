import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openInbox } from '../../src/inbox/open.ts';
import { childEnv } from '../child-env.ts';
import { type Entry, StandIn } from '../registries/stand-in.ts';
import { MAIN } from './bridge-process.ts';
import type { PlannedEvent } from './population.ts';
import { announceAll, type Outcome, outcome, type Stage, setStage, untilFinished } from './stage.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';
const RANGE = { from: '2000-01-01', to: '2021-12-31' };
const TYPES = ['birth', 'death', 'marriage', 'divorce'] as const;

export interface BackfillOptions {
  registrants: number;
  kills: number;
  /** Who catches up, and is killed: the command beside a bridge, or the bridge itself. */
  by: 'command' | 'bridge';
  sliceDays: number;
  pageSize: number;
  /** Of the events, how many are notified as well. */
  notified: number;
}

export interface BackfillOutcome extends Outcome {
  kills: number;
  /** Requests that the registry was asked. */
  asked: number;
  /** Events in the inbox beyond one for each that was found and one for each that was notified. */
  extra: number;
}

/**
 * Catches up on past events from a registry; `kill -9` of who does it, in the middle; then it is begun again. Some of
 * the events are notified as well.
 */
export async function backfill(options: BackfillOptions): Promise<BackfillOutcome> {
  const { kills, by, notified } = options;
  const entries: Entry[] = [];
  // Killed when it has asked so often: spread over the whole of it.
  let killAt: number[] = [];
  let asked = 0;
  let kill: () => void = () => {};
  const registry = await new StandIn({
    entries,
    dialect: 'unchecked',
    fault: () => {
      asked += 1;
      if (asked >= (killAt[0] ?? Number.POSITIVE_INFINITY)) {
        killAt.shift();
        kill();
      }
      return null;
    },
  }).start();
  try {
    const stage = await setStage({
      registrants: options.registrants,
      batchSize: 500,
      graceSeconds: 0.5,
      env: { ADMIN_TOKEN: TOKEN },
      settings: `sources:\n  crvs_main:\n    base_url: ${registry.url}\n    auth_type: none\n    sender_id: openspp.example.org\n`,
    });
    try {
      const { events } = stage.population;
      entries.push(...events.map(entryOf));
      const days = (Date.parse(RANGE.to) - Date.parse(RANGE.from)) / 86_400_000;
      const requests = Math.max(4 * Math.ceil(days / options.sliceDays), events.length / options.pageSize);
      killAt = Array.from({ length: kills }, (_, n) => Math.floor((requests * (n + 1)) / (kills + 1)));
      await stage.bridge.start();
      await announceAll(stage, events.slice(0, notified));
      let done = 0;
      kill = () => {
        done += 1;
        victim(stage)?.kill('SIGKILL');
      };
      await (by === 'command' ? runCommand(stage, options, kills) : runBridge(stage, options, () => done));
      stage.accepted.splice(0, stage.accepted.length, ...events);
      await untilFinished(stage);
      const result = await outcome(stage);
      return { ...result, kills: done, asked, extra: (await inInbox(stage)) - events.length - notified };
    } finally {
      await stage.close();
    }
  } finally {
    await registry.close();
  }
}

const commands = new WeakMap<Stage, ChildProcess>();
const victim = (stage: Stage) => commands.get(stage) ?? stage.bridge.child;

/** The same command line again and again, until it has not been killed. */
async function runCommand(stage: Stage, options: BackfillOptions, kills: number): Promise<void> {
  for (let run = 0; run <= kills; run += 1) {
    const { from, to } = RANGE;
    const pace = ['--slice-days', String(options.sliceDays), '--page-size', String(options.pageSize)];
    const child = spawn(
      process.execPath,
      [
        MAIN,
        'crvs',
        'backfill',
        '--from',
        from,
        '--to',
        to,
        '--types',
        TYPES.join(','),
        ...pace,
        '--config',
        stage.config,
      ],
      { env: childEnv(stage.env), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    commands.set(stage, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        stage.bridge.output += chunk;
      });
    }
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code === 0) return;
    if (signal !== 'SIGKILL')
      throw new Error(`the command ended with ${code}: ${stage.bridge.output.slice(-2000)}`);
  }
  throw new Error('it was killed, and did not come to its end');
}

/** The bridge is asked once; after a kill it continues by itself when it is started again. */
async function runBridge(stage: Stage, options: BackfillOptions, killed: () => number): Promise<void> {
  const { sliceDays, pageSize } = options;
  const call = async (method: string, body?: object) => {
    const response = await fetch(`${stage.bridge.url}/api/crvs/backfill`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as { state: { state: string; problem: string | null } };
  };
  await call('POST', { ...RANGE, types: TYPES, sliceDays, pageSize });
  for (let seen = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (killed() > seen) {
      seen = killed();
      await stage.bridge.end('SIGKILL');
      await stage.bridge.start();
    }
    const status = await call('GET').catch(() => null);
    if (status?.state.state === 'done') return;
    if (status?.state.state === 'failed') throw new Error(status.state.problem ?? 'failed');
  }
}

async function inInbox(stage: Stage): Promise<number> {
  const inbox = await openInbox(stage.env.INBOX_URL ?? '', { create: false });
  try {
    const { waiting, deferred, delivering, processed, error, dead } = await inbox.counts();
    return waiting + deferred + delivering + processed + error + dead;
  } finally {
    await inbox.close();
  }
}

function entryOf({ type, date, uin }: PlannedEvent): Entry {
  return { identifiers: { UIN: uin }, [type]: date };
}
