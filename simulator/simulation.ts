import type { Inbox } from '../src/inbox/inbox.ts';
import type { Break } from './broken.ts';
import { Holders } from './holders.ts';
import { bodyOf } from './messages.ts';
import { type ArrivingCall, Link } from './odoo/link.ts';
import { Races } from './odoo/races.ts';
import { Users } from './odoo/users.ts';
import { World } from './odoo/world.ts';
import {
  type CallFault,
  calmFrom,
  type Deed,
  type Moment,
  type Plan,
  type PlannedMessage,
} from './plan/plan.ts';
import { Random } from './random.ts';
import { batches, Replica } from './replica.ts';
import { PostgresStorage } from './storage/postgres.ts';
import { type SqlitePorts, SqliteStorage } from './storage/sqlite.ts';
import type { KeptEvent, Later, Storage } from './storage/storage.ts';
import { installTime } from './time/install.ts';
import { type Process, Scheduler } from './time/scheduler.ts';
import { Trace } from './trace.ts';

/** A Monday morning. */
const EPOCH = Date.UTC(2026, 2, 2, 8);
/** So long it is at least calm: all scheduled work was done by then, and what it found delivered. */
const CALM_MS = 90_000;
/** Everything must have come to its end after so much calm. */
const END_MS = 1_200_000;
const LOOK_MS = 10_000;
/** More calls than any plan needs: something goes round in circles. */
const CALLS_MAX = 20_000;
/** Milliseconds after which a registry sends a message again that was not acknowledged. */
const AGAIN_MS = 7000;
/** Milliseconds between two times that a lazy disk writes what it has. */
const FLUSH_MS = 4000;

/** How a simulation ended. */
export interface Ended {
  plan: Plan;
  world: World;
  users: Users;
  races: Races;
  holders: Holders;
  storage: Storage;
  trace: Trace;
  /** The ids of the messages that were acknowledged. */
  acknowledged: ReadonlySet<string>;
  /** Messages that were refused, with the status. */
  refused: ReadonlyMap<string, number>;
  /** Whether everything came to its end. */
  settled: boolean;
  /** Failures that nobody caught. */
  unhandled: readonly string[];
}

/** Runs a plan to its end. Nothing else may run in this thread meanwhile. */
export async function simulate(plan: Plan, broken: Break | null, keepTrace: boolean): Promise<Ended> {
  const scheduler = new Scheduler(EPOCH);
  const random = new Random(plan.seed ^ 0x5eed);
  const restore = installTime(scheduler, random.fork());
  const trace = new Trace(scheduler, keepTrace);
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => {
    unhandled.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  process.on('unhandledRejection', onUnhandled);
  try {
    return { ...(await new Simulation(plan, broken, scheduler, random, trace).run()), unhandled };
  } finally {
    process.off('unhandledRejection', onUnhandled);
    restore();
  }
}

function isOver({ state }: KeptEvent): boolean {
  return state === 'settled' || state === 'dead';
}

/** The longest that a call of the inbox takes one way, in milliseconds. */
const INBOX_MS = 4;

function storageOf(
  { engine }: Plan,
  broken: Break | null,
  scheduler: Scheduler,
  random: Random,
  trace: Trace,
): Storage {
  const free = new WeakMap<Process, number>();
  const later: Later = (process, run) => {
    const at = Math.max(free.get(process) ?? 0, scheduler.now) + random.fraction() * INBOX_MS;
    free.set(process, at);
    scheduler.planFor(process, at - scheduler.now, run);
  };
  const note: SqlitePorts['note'] = (...line) => trace.note(...line);
  if (engine === 'sqlite') return new SqliteStorage({ later, note }, broken === 'lost-fsync');
  const clock = () => scheduler.epoch + scheduler.now;
  return new PostgresStorage({ later, note, clock, isCommitted: () => random.chance(0.3) });
}

/** One seat of a bridge, in which one process follows another. */
interface Seat {
  lives: number;
  process: Process | null;
  replica: Replica | null;
}

class Simulation {
  readonly #plan: Plan;
  readonly #calmFrom: number;
  readonly #broken: Break | null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #world: World;
  readonly #storage: Storage;
  readonly #users: Users;
  readonly #races: Races;
  readonly #link: Link;
  readonly #holders: Holders;
  readonly #seats: Seat[];
  readonly #acknowledged = new Set<string>();
  readonly #refused = new Map<string, number>();
  /** What happens just before a call, or a writing call, is done. */
  readonly #atCall = new Map<number, ((call: ArrivingCall) => void)[]>();
  readonly #atWrite = new Map<number, ((call: ArrivingCall) => void)[]>();
  readonly #callFaults = new Map<number, CallFault>();
  readonly #writeFaults = new Map<number, CallFault>();

  constructor(plan: Plan, broken: Break | null, scheduler: Scheduler, random: Random, trace: Trace) {
    this.#plan = plan;
    this.#calmFrom = calmFrom(plan);
    this.#broken = broken;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
    this.#world = new World(plan, () => scheduler.epoch + Math.floor(scheduler.now));
    this.#storage = storageOf(plan, broken, scheduler, random.fork(), trace);
    const now = () => scheduler.now;
    this.#users = new Users(this.#world, trace, now, () => this.#anyInbox());
    this.#races = new Races(this.#world, this.#users.footprints, trace, now);
    this.#link = new Link({
      scheduler,
      openspp: this.#world.openspp,
      races: this.#races,
      batch: () => batches.getStore() ?? null,
      random: random.fork(),
      trace,
      faultOf: ({ calls, writes, isWrite }) => {
        if (this.#isCalm) return null;
        return this.#callFaults.get(calls) ?? (isWrite ? this.#writeFaults.get(writes) : undefined) ?? null;
      },
      outage: () => this.#outage(),
      before: (call) => {
        if (this.#isCalm) return;
        for (const run of this.#atCall.get(call.calls) ?? []) run(call);
        if (call.isWrite) for (const run of this.#atWrite.get(call.writes) ?? []) run(call);
      },
    });
    this.#holders = new Holders(scheduler);
    this.#seats = Array.from({ length: plan.replicas }, () => ({ lives: 0, process: null, replica: null }));
  }

  async run(): Promise<Omit<Ended, 'unhandled'>> {
    const { people, messages, deeds } = this.#plan;
    for (const person of people) {
      if (person.comesAt === null) continue;
      this.#scheduler.planFor(null, person.comesAt, () => {
        this.#world.register(person);
        this.#trace.note('user', 'registers', person.key);
      });
    }
    for (const message of messages) this.#scheduler.planFor(null, message.at, () => this.#send(message, 0));
    for (const deed of deeds) this.#when(deed.when, () => this.#users.do(deed));
    this.#planFaults();
    for (const seat of this.#seats) this.#start(seat);
    this.#everyFlush();
    await this.#scheduler.runUntil(this.#calmFrom);
    this.#calmDown();
    let settled = false;
    const end = this.#calmFrom + END_MS;
    while (!settled && this.#scheduler.now < end && this.#link.calls < CALLS_MAX) {
      await this.#scheduler.runUntil(this.#scheduler.now + LOOK_MS);
      this.#users.decideAll();
      settled = this.#scheduler.now >= this.#calmFrom + CALM_MS && this.#isSettled();
    }
    return {
      plan: this.#plan,
      world: this.#world,
      users: this.#users,
      races: this.#races,
      holders: this.#holders,
      storage: this.#storage,
      trace: this.#trace,
      acknowledged: this.#acknowledged,
      refused: this.#refused,
      settled,
    };
  }

  get #isCalm(): boolean {
    return this.#scheduler.now >= this.#calmFrom;
  }

  #isSettled(): boolean {
    return (
      this.#plan.messages.every(({ id }) => this.#acknowledged.has(id) || this.#refused.has(id)) &&
      this.#storage.events().every((event) => isOver(event) && !this.#willBeMatched(event))
    );
  }

  /** Whether its registrant turned up, and nobody has looked since. */
  #willBeMatched({ matchAt, messageId, senderId, position }: KeptEvent): boolean {
    if (matchAt === null) return false;
    const message = this.#plan.messages.find(({ id, sender }) => id === messageId && sender === senderId);
    const person = message?.records[position]?.person ?? 0;
    return this.#world.registrants.has(person) && !this.#users.footprints.moved.has(person);
  }

  #when(moment: Moment, run: (call: ArrivingCall | null) => void): void {
    if ('at' in moment) {
      this.#scheduler.planFor(null, moment.at, () => run(null));
      return;
    }
    const [map, number] = 'call' in moment ? [this.#atCall, moment.call] : [this.#atWrite, moment.write];
    map.set(number, [...(map.get(number) ?? []), run]);
  }

  #planFaults(): void {
    for (const fault of this.#plan.faults) {
      switch (fault.kind) {
        case 'call':
          if ('call' in fault.when) this.#callFaults.set(fault.when.call, fault.what);
          if ('write' in fault.when) this.#writeFaults.set(fault.when.write, fault.what);
          break;
        case 'outage':
          break;
        case 'kill':
          this.#when(fault.when, (call) => this.#kill(this.#seatOf(call, fault.replica), fault.downMs));
          break;
        case 'freeze':
          this.#when(fault.when, (call) => this.#freeze(this.#seatOf(call, fault.replica), fault.ms));
          break;
        case 'clock':
          this.#scheduler.planFor(null, fault.from, () => this.#skew(fault.replica, fault.byMs));
          this.#scheduler.planFor(null, fault.from + fault.ms, () => this.#skew(fault.replica, 0));
          break;
        case 'inbox':
          this.#scheduler.planFor(null, fault.from, () => this.#setFull(true));
          this.#scheduler.planFor(null, fault.from + fault.ms, () => this.#setFull(false));
          break;
      }
    }
  }

  #outage() {
    const { now } = this.#scheduler;
    if (this.#isCalm) return null;
    for (const fault of this.#plan.faults) {
      if (fault.kind === 'outage' && now >= fault.from && now < fault.from + fault.ms) return fault.how;
    }
    return null;
  }

  /** Whose call it is, else the one that was named. */
  #seatOf(call: ArrivingCall | null, replica: number): Seat {
    const own = call && this.#seats.find(({ process }) => process === call.process);
    return own ?? (this.#seats[replica % this.#seats.length] as Seat);
  }

  #start(seat: Seat): void {
    seat.lives += 1;
    const place = this.#seats.indexOf(seat) + 1;
    const process: Process = {
      name: `bridge ${place}${seat.lives > 1 ? ` (life ${seat.lives})` : ''}`,
      dead: false,
      frozenUntil: 0,
      skewMs: seat.process?.skewMs ?? 0,
    };
    seat.process = process;
    this.#trace.note(process, 'starts');
    this.#scheduler.planFor(process, 0, () => {
      Replica.start(
        process,
        this.#plan,
        this.#storage,
        this.#link.clientOf(process),
        this.#broken,
        this.#holders,
      ).then(
        (replica) => {
          if (!process.dead) seat.replica = replica;
        },
        (error: Error) => {
          this.#trace.note(process, 'does not start', error.message);
          this.#kill(seat, 1000);
        },
      );
    });
  }

  #kill(seat: Seat, downMs: number): void {
    const { process } = seat;
    if (!process || process.dead) return;
    process.dead = true;
    seat.replica = null;
    this.#trace.note(process, 'dies');
    this.#storage.powerCut();
    this.#scheduler.planFor(null, downMs, () => this.#start(seat));
  }

  #freeze({ process }: Seat, ms: number): void {
    if (!process) return;
    process.frozenUntil = Math.max(process.frozenUntil, Math.min(this.#calmFrom, this.#scheduler.now + ms));
    this.#trace.note(process, 'pauses', ms);
  }

  #skew(replica: number, byMs: number): void {
    const process = this.#seats[replica % this.#seats.length]?.process;
    if (!process || this.#isCalm) return;
    process.skewMs = byMs;
    this.#trace.note(process, 'its clock is wrong by', byMs);
  }

  #setFull(isFull: boolean): void {
    this.#storage.setFull(isFull && !this.#isCalm);
    this.#trace.note('inbox', isFull ? 'cannot be written' : 'can be written');
  }

  #everyFlush(): void {
    this.#scheduler.planFor(null, FLUSH_MS, () => {
      this.#storage.flush();
      this.#everyFlush();
    });
  }

  /** Whatever was wrong is over: now everything must come right by itself. */
  #calmDown(): void {
    this.#trace.note('simulator', 'from here on nothing goes wrong');
    this.#storage.setFull(false);
    for (const { process } of this.#seats) {
      if (!process) continue;
      process.skewMs = 0;
      process.frozenUntil = 0;
    }
    const when = { at: 0 };
    const last: Deed[] = [{ kind: 'unlock', when }];
    if (this.#plan.face === 'spmis') for (const deed of last) this.#users.do(deed);
  }

  #anyInbox(): Inbox | null {
    return this.#seats.find(({ replica }) => replica !== null)?.replica?.inbox ?? null;
  }

  /** A registry posts a message, to whichever bridge it comes. */
  #send(message: PlannedMessage, repeat: number): void {
    const seats = this.#seats.filter(({ replica }) => replica !== null);
    const seat = seats.length > 0 ? this.#random.pick(seats) : null;
    let over = false;
    const again = (ms: number) => {
      if (over) return;
      over = true;
      this.#scheduler.planFor(null, ms, () => this.#send(message, repeat));
    };
    const { replica, process } = seat ?? { replica: null, process: null };
    if (!replica || !process) {
      again(1000);
      return;
    }
    const isHeard = this.#random.chance(0.9);
    this.#trace.note(message.sender, 'sends', message.id, process.name);
    this.#scheduler.planFor(process, 0, () => {
      void replica.receive(bodyOf(message)).then((status) => {
        this.#trace.note(process, 'answers', message.id, isHeard ? status : 'the answer is lost');
        if (over || !isHeard) return;
        if (status === 503 || status === 429) {
          again(2000);
          return;
        }
        over = true;
        if (status >= 300) this.#refused.set(message.id, status);
        else this.#acknowledged.add(message.id);
        if (repeat < message.repeats) {
          this.#scheduler.planFor(null, 3000, () => this.#send(message, repeat + 1));
        }
      });
    });
    this.#scheduler.planFor(null, AGAIN_MS, () => again(0));
  }
}
