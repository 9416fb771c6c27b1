import { KINDS } from './kinds/all.ts';
import { hmacOf, signedTexts } from './kinds/documents.ts';
import type { Input, Kind } from './kinds/kind.ts';
import { objection } from './oracle/confirm.ts';
import { Random } from './random.ts';
import { type Answer, openStage, type Stage } from './stage.ts';
import { makeWorld, NOW, PRIVATE, type World } from './world.ts';

export interface FuzzOptions {
  seed: number;
  /** Stops after so many inputs, or after so many seconds, whatever comes first. */
  inputs?: number;
  seconds?: number;
  /** The name of the only kind that is tried; all by their weights where left out. */
  kind?: string;
}

/** What must never be. */
type Fault =
  /** Something was thrown past the app, or rejected unheard. */
  | 'crash'
  /** The event loop was blocked while its thread worked for more than 100 ms, three times out of three. */
  | 'hang'
  /** Acknowledged, although an independent check does not confirm it. */
  | 'falseAccept'
  /** An honest message that was not acknowledged. */
  | 'falseRefusal'
  | 'serverError'
  /** An answer or a log line that quotes a name or an identifier of a message. */
  | 'leak';

interface Finding {
  fault: Fault;
  kind: string;
  path: string;
  detail: string;
  /** Base64. */
  body: string;
  /** PEM, by sender: what it takes to have it again. */
  publicKeys: Record<string, string[]>;
}

export interface FuzzReport {
  seed: number;
  seconds: number;
  inputs: number;
  accepted: number;
  refused: number;
  /** How many inputs of each kind were tried, and how many of these were accepted. */
  kinds: Record<string, { tried: number; accepted: number }>;
  faults: Record<Fault, number>;
  /** The longest that the event loop's thread worked on one input in one go; milliseconds of the processor. */
  longestBlockMs: number;
  findings: Finding[];
}

const HANG_MS = 100;
/** Of the clock, not of the processor: for something that waits without working. */
const STANDSTILL_MS = 1000;
/** At once, as connections do; and one at a time takes a commit each. */
const TOGETHER = 16;
const FINDINGS_KEPT = 20;
const PATHS = ['/crvs', '/registry/notify', '/dci_api/v1/registry/notify', '/registry/on-search'];
/** How many kinds of a weight there are, one after the other: the draw. */
const DRAW = Object.entries(KINDS).flatMap(([name, { kind, weight }]) =>
  Array.from({ length: weight }, () => ({ name, kind })),
);

/** Sends mutated messages through the whole receive path, and checks what must never be. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, inputs = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options;
  const world = makeWorld();
  const stage = await openStage(world);
  const run = new Run(seed, world, stage, options.kind);
  const unheard = (error: unknown) => run.unheard(error);
  process.on('unhandledRejection', unheard);
  process.on('uncaughtException', unheard);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  try {
    while (run.report.inputs < inputs && elapsed() < seconds) {
      await run.round(Math.min(TOGETHER, inputs - run.report.inputs));
    }
  } finally {
    process.off('unhandledRejection', unheard);
    process.off('uncaughtException', unheard);
    await stage.close();
  }
  run.report.seconds = Math.round(elapsed());
  return run.report;
}

interface Tried {
  kind: string;
  input: Input;
}

class Run {
  readonly report: FuzzReport;
  readonly #random: Random;
  readonly #world: World;
  readonly #stage: Stage;
  readonly #draw: typeof DRAW;
  #inHand: Tried[] = [];
  #made = 0;

  constructor(seed: number, world: World, stage: Stage, only: string | undefined) {
    this.#draw = DRAW.filter(({ name }) => only === undefined || name === only);
    const faults = { crash: 0, hang: 0, falseAccept: 0, falseRefusal: 0, serverError: 0, leak: 0 };
    const kinds = Object.fromEntries(Object.keys(KINDS).map((name) => [name, { tried: 0, accepted: 0 }]));
    this.report = {
      seed,
      seconds: 0,
      inputs: 0,
      accepted: 0,
      refused: 0,
      kinds,
      faults,
      longestBlockMs: 0,
      findings: [],
    };
    this.#random = new Random(seed);
    this.#world = world;
    this.#stage = stage;
  }

  /** Makes so many inputs, posts them together, and judges the answers. */
  async round(size: number): Promise<void> {
    this.#inHand = Array.from({ length: size }, () => this.#make());
    const { longestMs, value: answers } = await watched(() =>
      Promise.all(this.#inHand.map((tried) => this.#post(tried))),
    );
    for (const [i, tried] of this.#inHand.entries()) {
      const answer = answers[i];
      if (answer) await this.#judge(tried, answer);
    }
    const log = this.#stage.logged();
    if (log.includes(PRIVATE)) for (const tried of this.#inHand) this.#found('leak', tried, 'in the log');
    // One of them may have been slow, or all together, or the machine: each alone, three times, shows it.
    if (longestMs > HANG_MS) for (const tried of this.#inHand) await this.#tryAlone(tried);
    this.#stage.logged();
  }

  unheard(error: unknown): void {
    for (const tried of this.#inHand) this.#found('crash', tried, `unheard: ${nameOf(error)}`);
  }

  #make(): Tried {
    const { name, kind }: { name: string; kind: Kind } = this.#random.of(this.#draw);
    this.#made += 1;
    const made = kind(this.#world, this.#random, this.#made);
    return { kind: name, input: { path: this.#random.of(PATHS), ...made } };
  }

  async #post(tried: Tried): Promise<Answer | null> {
    try {
      return await this.#stage.post(tried.input);
    } catch (error) {
      this.#found('crash', tried, nameOf(error));
      return null;
    }
  }

  async #judge(tried: Tried, { status, text }: Answer): Promise<void> {
    const counts = this.report.kinds[tried.kind];
    const accepted = status < 300;
    this.report.inputs += 1;
    this.report[accepted ? 'accepted' : 'refused'] += 1;
    if (counts) {
      counts.tried += 1;
      if (accepted) counts.accepted += 1;
    }
    if (status >= 500) this.#found('serverError', tried, String(status));
    if (text.includes(PRIVATE)) this.#found('leak', tried, 'in the answer');
    if (!accepted && tried.input.mustBeAccepted) this.#found('falseRefusal', tried, `${status} ${text}`);
    if (!accepted) return;
    const { signature, body, path } = tried.input;
    if (signature !== undefined) {
      const good = signedTexts(path, Buffer.from(body).toString('utf8')).map(hmacOf);
      if (!good.includes(signature)) this.#found('falseAccept', tried, 'the HMAC is another');
      return;
    }
    const reason = await objection(body, this.#world.known, NOW).catch(
      (error) => `the check failed: ${nameOf(error)}`,
    );
    if (reason !== null) this.#found('falseAccept', tried, reason);
  }

  /**
   * The machine is shared, and other programs take the processor away: only an input that is slow whenever it is tried
   * is a hang, and what counts is how long its thread worked.
   */
  async #tryAlone(tried: Tried): Promise<void> {
    let shortest = { longestMs: Number.POSITIVE_INFINITY, workedMs: Number.POSITIVE_INFINITY };
    for (let times = 0; times < 3; times += 1) {
      const { longestMs, workedMs } = await watched(() => this.#post(tried));
      shortest = {
        longestMs: Math.min(shortest.longestMs, longestMs),
        workedMs: Math.min(shortest.workedMs, workedMs),
      };
    }
    const { longestMs, workedMs } = shortest;
    this.report.longestBlockMs = Math.max(this.report.longestBlockMs, Math.round(workedMs));
    if (workedMs > HANG_MS || longestMs > STANDSTILL_MS) {
      this.#found('hang', tried, `worked ${Math.round(workedMs)} ms, blocked ${Math.round(longestMs)} ms`);
    }
  }

  #found(fault: Fault, { kind, input }: Tried, detail: string): void {
    this.report.faults[fault] += 1;
    if (this.report.findings.length >= FINDINGS_KEPT) return;
    const publicKeys: Record<string, string[]> = {};
    for (const { senderId, publicKey } of this.#world.signers) {
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      publicKeys[senderId] = [...(publicKeys[senderId] ?? []), pem];
    }
    const body = Buffer.from(input.body).toString('base64');
    this.report.findings.push({ fault, kind, path: input.path, detail, body, publicKeys });
  }
}

/**
 * Runs something, and says for how long the event loop was blocked at most meanwhile, by the clock, and for how long
 * its thread worked at most in one go.
 */
async function watched<T>(run: () => Promise<T>): Promise<{ longestMs: number; workedMs: number; value: T }> {
  let last = performance.now();
  let lastWorked = workedSoFarMs();
  let longestMs = 0;
  let workedMs = 0;
  let next: NodeJS.Immediate;
  const look = () => {
    const now = performance.now();
    const worked = workedSoFarMs();
    longestMs = Math.max(longestMs, now - last);
    workedMs = Math.max(workedMs, worked - lastWorked);
    last = now;
    lastWorked = worked;
  };
  const lookAgain = () => {
    look();
    next = setImmediate(lookAgain);
  };
  next = setImmediate(lookAgain);
  try {
    const value = await run();
    look();
    return { longestMs, workedMs, value };
  } finally {
    clearImmediate(next);
  }
}

function workedSoFarMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
