/** What a stage of the way of a message costs, as measured on one machine. Milliseconds. */
export interface StageCosts {
  /** CPU of the receiver's main thread for a message: HTTP, reading, canonical text, answer. */
  receiveMs: number;
  /** CPU of its other threads for a message: the signature, the garbage collector. */
  helperMs: number;
  /** CPU of whatever sends a message from the same machine; 0 where it is another machine. */
  clientMs: number;
  /** CPU of the main thread for a commit, whatever is in it, and for each message in it. */
  handOverMs: number;
  packMs: number;
  /** CPU of the inbox's thread for a commit, and for each message, what is indexed afterwards included. */
  commitCpuMs: number;
  storeCpuMs: number;
  /** What a commit takes beside CPU: the disk. */
  diskMs: number;
}

/** What the model says of a receiver under load. */
export interface Prediction {
  messagesPerSecond: number;
  /** From the request to its acknowledgement, on average. */
  latencyMs: number;
  /** Messages in a commit. */
  groupSize: number;
  /** What the next message waits for. */
  limit: 'main thread' | 'cores' | 'connections';
}

/** See `GroupCommit`. */
const COMMITS_AT_ONCE = 2;
const LARGEST_GROUP = 500;
const ENOUGH = 64;
const LONGEST_WAIT_MS = 5;
/** Threads that verify signatures (libuv). */
const POOL = 4;
/** Of the main thread's work for a message: up to the signature, from there to the commit, and after it. */
const PARTS = [0.5, 0.3, 0.2] as const;
/** Above so much of the time, a thread or the cores are what everything waits for. */
const BUSY = 0.9;
const ROUNDING_MS = 1e-9;

interface Job {
  ms: number;
  done(): void;
}

/** One thread: it does its jobs in their order, while it has a core. */
class Thread {
  readonly #queue: Job[];
  current: Job | null = null;
  left = 0;
  /** CPU that it used. */
  usedMs = 0;

  /** @param queue shared with others where several threads do the same work */
  constructor(queue: Job[] = []) {
    this.#queue = queue;
  }

  add(ms: number, done: () => void): void {
    this.#queue.push({ ms, done });
  }

  /** Takes its next job where it has none. */
  begin(): void {
    if (this.current) return;
    this.current = this.#queue.shift() ?? null;
    this.left = this.current?.ms ?? 0;
  }
}

/**
 * A receiver and its clients, simulated: `connections` clients with one request each, the main thread with the turns of its
 * event loop, the threads that verify, the inbox's thread, and the disk. Groups are made by the rule of `GroupCommit`. All
 * threads that have work share the `cores` evenly, as an operating system shares them.
 *
 * Nothing in it is drawn by chance, and nothing is fitted to what the whole receiver was measured to take.
 */
export function predict(costs: StageCosts, connections: number, cores: number): Prediction {
  const pool: Job[] = [];
  const [main, inbox, client] = [new Thread(), new Thread(), new Thread()];
  const threads = [main, inbox, client, ...Array.from({ length: POOL }, () => new Thread(pool))];
  const timers: { at: number; fire(): void }[] = [];
  const gathering: { before: number; until: number }[] = [];
  const waiting: (() => void)[] = [];
  const handed: (() => void)[][] = [];
  let storing = false;
  const enough = 2000 + 60 * connections;
  const warm = Math.floor(enough / 3);
  let [now, committing, answered, commits, latency, startedAt, usedBefore] = [0, 0, 0, 0, 0, 0, [0]];
  let [tasks, inTurn] = [0, 0];

  const onMain = (ms: number, done: () => void) => {
    tasks += 1;
    main.add(ms, () => {
      tasks -= 1;
      inTurn -= 1;
      done();
    });
  };
  const request = () => {
    client.add(costs.clientMs, () => {
      const sentAt = now;
      onMain(costs.receiveMs * PARTS[0], () => {
        pool.push({
          ms: costs.helperMs,
          done: () => onMain(costs.receiveMs * PARTS[1] + costs.packMs, () => keep(sentAt)),
        });
      });
    });
  };
  const keep = (sentAt: number) => {
    waiting.push(() => {
      onMain(costs.receiveMs * PARTS[2], () => {
        answered += 1;
        if (answered === warm) {
          startedAt = now;
          commits = 0;
          usedBefore = threads.map(({ usedMs }) => usedMs);
        }
        if (answered > warm) latency += now - sentAt;
        request();
      });
    });
    if (committing >= COMMITS_AT_ONCE) return;
    committing += 1;
    gather();
  };
  const gather = () => void gathering.push({ before: 0, until: now + LONGEST_WAIT_MS });
  /** The inbox's thread waits for the disk itself: one group after the other. */
  const store = () => {
    const group = handed.shift();
    storing = group !== undefined;
    if (!group) return;
    inbox.add(costs.commitCpuMs + costs.storeCpuMs * group.length, () => {
      const fire = () => {
        for (const answer of group) answer();
        gather();
        store();
      };
      timers.push({ at: now + costs.diskMs, fire });
    });
  };
  /** After each turn of the event loop: groups that need not wait for more. */
  const check = () => {
    for (const one of gathering.splice(0)) {
      const { length } = waiting;
      if (length > one.before && length < ENOUGH && now < one.until) {
        gathering.push({ ...one, before: length });
        continue;
      }
      const group = waiting.splice(0, LARGEST_GROUP);
      if (group.length === 0) {
        committing -= 1;
        continue;
      }
      commits += 1;
      onMain(costs.handOverMs, () => {
        handed.push(group);
        if (!storing) store();
      });
    }
  };

  for (let one = 0; one < connections; one += 1) request();
  while (answered < enough) {
    while (inTurn === 0 && (tasks > 0 || gathering.length > 0)) {
      check();
      inTurn = tasks;
    }
    for (const thread of threads) thread.begin();
    const active = threads.filter(({ current }) => current !== null);
    const rate = Math.min(1, cores / active.length);
    const next = Math.min(...active.map(({ left }) => left / rate), ...timers.map(({ at }) => at - now));
    now += next;
    for (const thread of active) {
      thread.left -= next * rate;
      thread.usedMs += next * rate;
    }
    for (const timer of timers.splice(0)) {
      if (timer.at - now <= ROUNDING_MS) timer.fire();
      else timers.push(timer);
    }
    for (const thread of active) {
      if (thread.left > ROUNDING_MS) continue;
      const { current } = thread;
      thread.current = null;
      current?.done();
    }
  }
  const measured = answered - warm;
  const elapsed = now - startedAt;
  const used = threads.map(({ usedMs }, at) => (usedMs - (usedBefore[at] ?? 0)) / elapsed);
  const isFull = used.reduce((sum, one) => sum + one, 0) > BUSY * cores;
  return {
    messagesPerSecond: (measured / elapsed) * 1000,
    latencyMs: latency / measured,
    groupSize: measured / commits,
    limit: isFull ? 'cores' : (used[0] ?? 0) > BUSY ? 'main thread' : 'connections',
  };
}
