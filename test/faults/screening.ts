import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { openInbox } from '../../src/inbox/open.ts';
import { create, searchCount } from '../../src/odoo/orm.ts';
import { Screenings } from '../../src/screening/job.ts';
import { resultsOf } from '../../src/screening/report.ts';
import { childEnv } from '../child-env.ts';
import { type ListRegistry, listRegistry } from '../screening/list-registry.ts';
import { MAIN } from './bridge-process.ts';
import { type Stage, setStage } from './stage.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';
const SLICE = 500;

export interface ScreeningOptions {
  registrants: number;
  kills: number;
  /** Who screens, and is killed: the command beside a bridge, or the bridge itself. */
  by: 'command' | 'bridge';
  perSecond: number;
  batchSize: number;
  random: () => number;
  failureRate?: number;
  refusalRate?: number;
}

export interface ScreeningOutcome {
  registrants: number;
  /** Registrants that are not in the report. */
  lost: number;
  /** Lines of the report beyond one for each registrant. */
  doubled: number;
  /** Registrants whose plain answer is not the registry's. */
  wrong: number;
  deceased: number;
  unknown: number;
  /** Deaths in the inbox. */
  filed: number;
  /** Registrants that are disabled in OpenSPP. */
  applied: number;
  kills: number;
  requests: number;
  mostInASecond: number;
  /** Requests beyond what the registry takes in a second. */
  tooFast: number;
  /** Names, identifiers and secrets in the log. */
  leaked: number;
  /** Megabytes of the process that screens: of each of its lives the most in each quarter. */
  memory: string;
}

/**
 * Screens a program for deaths, with a registry that limits its pace, fails and refuses; `kill -9` of who does it, in
 * the middle; then it is begun again.
 */
export async function screening(options: ScreeningOptions): Promise<ScreeningOutcome> {
  const deaths = new Map<string, string>();
  let killAt: number[] = [];
  let kill: () => void = () => {};
  const registry = await listRegistry({
    deaths,
    perSecond: options.perSecond,
    failureRate: options.failureRate ?? 0.03,
    refusalRate: options.refusalRate ?? 0.01,
    random: options.random,
    answerMs: 20,
    onRequest(count) {
      if (count >= (killAt[0] ?? Number.POSITIVE_INFINITY)) {
        killAt.shift();
        kill();
      }
    },
  });
  const stage = await setStage({
    registrants: options.registrants,
    batchSize: 500,
    graceSeconds: 0.5,
    env: { ADMIN_TOKEN: TOKEN },
    settings: `sources:
  crvs_main:
    base_url: ${registry.url}
    auth_type: none
    sender_id: openspp.example.org
    receiver_id: crvs.example.org
    requests_per_second: ${options.perSecond}
    batch_size: ${options.batchSize}
`,
  });
  try {
    const program = await enrolAll(stage);
    const people = peopleOf(stage);
    for (const [n, { uin, day }] of people.entries()) if (n % 40 === 7) deaths.set(uin, day);
    const requests = people.length / options.batchSize;
    killAt = Array.from({ length: options.kills }, (_, n) =>
      Math.floor((requests * (n + 1)) / (options.kills + 1)),
    );
    const lives: Life[] = [];
    let kills = 0;
    kill = () => {
      kills += 1;
      lives.at(-1)?.child.kill('SIGKILL');
    };
    await stage.bridge.start();
    if (options.by === 'command') await byCommand(stage, program, options, lives);
    else await byBridge(stage, program, lives, () => kills);
    const applied = await appliedDeaths(stage, deaths.size);
    return { ...(await judged(stage, people, deaths, registry)), applied, kills, memory: memoryOf(lives) };
  } finally {
    await stage.close();
    await registry.close();
  }
}

interface ScreenedPerson {
  id: number;
  uin: string;
  day: string;
}

/** Each registrant once: some have two events in the population. */
function peopleOf({ population }: Stage): ScreenedPerson[] {
  const byId = new Map(
    population.events.map(({ registrant, uin, date }) => [registrant, { id: registrant, uin, day: date }]),
  );
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

async function enrolAll(stage: Stage): Promise<number> {
  const [program = 0] = await create(stage.admin, 'spp.program', [{ name: 'Grant' }]);
  const ids = peopleOf(stage).map(({ id }) => id);
  for (let from = 0; from < ids.length; from += SLICE) {
    const rows = ids
      .slice(from, from + SLICE)
      .map((partner_id) => ({ partner_id, program_id: program, state: 'enrolled' }));
    await create(stage.admin, 'spp.program.membership', rows, { context: { tracking_disable: true } });
  }
  return program;
}

/** A process that screens, with what it holds in memory. */
class Life {
  readonly child: ChildProcess;
  /** Megabytes, every half second. */
  readonly sizes: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#timer = setInterval(() => this.#look(), 500);
    child.once('exit', () => clearInterval(this.#timer));
  }

  #look(): void {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      this.sizes.push(Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024));
    } catch {
      // It has ended, or this is no Linux.
    }
  }
}

/** Of each life the most in its first, second, third and fourth quarter. */
const memoryOf = (lives: readonly Life[]) =>
  lives
    .map(({ sizes }) =>
      [0, 1, 2, 3]
        .map((n) => Math.max(0, ...sizes.slice((n * sizes.length) / 4, ((n + 1) * sizes.length) / 4)))
        .join('-'),
    )
    .join(' ');

/** The same command line again and again, until it has not been killed. */
async function byCommand(
  stage: Stage,
  program: number,
  { kills }: ScreeningOptions,
  lives: Life[],
): Promise<void> {
  const args = ['screen', 'deaths', '--program', String(program), '--file-events', '--config', stage.config];
  for (let run = 0; run <= kills; run += 1) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: childEnv(stage.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    lives.push(new Life(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        stage.bridge.output += chunk;
      });
    }
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // 3: somebody is not known, as the registry refuses some.
    if (code === 0 || code === 3) return;
    if (signal !== 'SIGKILL')
      throw new Error(`the command ended with ${code}: ${stage.bridge.output.slice(-2000)}`);
  }
  throw new Error('it was killed, and did not come to its end');
}

/** The bridge is asked once; killed, it goes on by itself when it is started again. */
async function byBridge(stage: Stage, program: number, lives: Life[], killed: () => number): Promise<void> {
  const call = async (method: string, path = '', body?: object) => {
    const response = await fetch(`${stage.bridge.url}/api/screenings${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as { screening: { id: string; state: string; problem: string | null } };
  };
  const live = () => lives.push(new Life(stage.bridge.child as ChildProcess));
  live();
  const population = { of: 'program', id: program };
  const { screening: begun } = await call('POST', '', { kind: 'deaths', population, fileEvents: true });
  for (let seen = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (killed() > seen) {
      seen = killed();
      await stage.bridge.end('SIGKILL');
      await stage.bridge.start();
      live();
    }
    const status = await call('GET', `/${begun.id}`).catch(() => null);
    if (status?.screening.state === 'done') return;
    if (status?.screening.state === 'failed') throw new Error(status.screening.problem ?? 'failed');
  }
}

/** Waits until the deaths are applied, for as long as they go on being applied. */
async function appliedDeaths(stage: Stage, most: number): Promise<number> {
  const ids = peopleOf(stage).map(({ id }) => id);
  let last = -1;
  for (let since = Date.now(); Date.now() - since < 20_000; ) {
    const domain = [
      ['id', 'in', ids],
      ['disabled', '!=', false],
    ];
    const now = await searchCount(stage.admin, 'res.partner', domain);
    if (now === most) return now;
    if (now !== last) since = Date.now();
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return last;
}

async function judged(
  stage: Stage,
  people: readonly ScreenedPerson[],
  deaths: ReadonlyMap<string, string>,
  registry: ListRegistry,
): Promise<Omit<ScreeningOutcome, 'applied' | 'kills' | 'memory'>> {
  const expected = new Map(people.map((person) => [person.id, person]));
  const seen = new Set<number>();
  const sum = { doubled: 0, wrong: 0, deceased: 0, unknown: 0 };
  const inbox = await openInbox(stage.env.INBOX_URL ?? '', { create: false });
  try {
    const [latest] = await new Screenings(inbox).list();
    if (!latest) throw new Error('there is no screening');
    for await (const { id, outcome, date } of resultsOf(inbox, latest)) {
      const person = expected.get(id);
      if (!person || seen.has(id)) sum.doubled += 1;
      seen.add(id);
      const death = deaths.get(person?.uin ?? '');
      if (outcome === 'not_known') sum.unknown += 1;
      else if (outcome === 'deceased') sum.deceased += 1;
      if (outcome !== 'not_known' && (outcome === 'deceased' ? date : undefined) !== death) sum.wrong += 1;
    }
    const counts = await inbox.counts();
    const filed =
      counts.waiting + counts.deferred + counts.delivering + counts.processed + counts.error + counts.dead;
    return {
      registrants: people.length,
      lost: people.length - seen.size,
      ...sum,
      filed,
      requests: registry.requests,
      mostInASecond: registry.mostInASecond,
      tooFast: registry.tooFast,
      leaked: stage.secrets.filter((secret) => stage.bridges.some(({ output }) => output.includes(secret)))
        .length,
    };
  } finally {
    await inbox.close();
  }
}
