import { execFileSync, execSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../postgres-server.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { announceAll, type Outcome, outcome, type Stage, setStage, untilFinished } from './stage.ts';

/** A number in [0, 1) from a seed, so that a run that failed can be run again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function onStage(
  options: Parameters<typeof setStage>[0],
  play: (stage: Stage) => Promise<void>,
): Promise<Outcome> {
  const stage = await setStage(options);
  try {
    await play(stage);
    return await outcome(stage);
  } finally {
    await stage.close();
  }
}

/** `kill -9` of the bridge at random moments while events are delivered; it is started again each time. */
export function crash(options: {
  registrants: number;
  kills: number;
  seed: number;
  graceSeconds: number;
}): Promise<Outcome> {
  const next = random(options.seed);
  return onStage({ ...options, batchSize: 20 }, async (stage) => {
    await stage.bridge.start();
    // Announced while it is being killed: what was not acknowledged is sent again, as by a registry.
    const announced = announceAll(stage, stage.population.events);
    for (let kill = 0; kill < options.kills; kill += 1) {
      await pause(next() * 400);
      await stage.bridge.end('SIGKILL');
      await stage.bridge.start();
    }
    await announced;
    await untilFinished(stage);
  });
}

/**
 * Odoo is down while the notifications arrive, and then comes up.
 *
 * @param options.stop, options.start commands that stop and start a real Odoo; without them a proxy before it goes down
 */
export function outage(options: { registrants: number; stop?: string; start?: string }): Promise<Outcome> {
  const { stop, start } = options;
  return onStage({ ...options, batchSize: 100, graceSeconds: 0.5 }, async (stage) => {
    // The senders are read while Odoo is up, and kept.
    await stage.bridge.start();
    if (stop) execSync(stop);
    await stage.proxy.down();
    await stage.bridge.end('SIGKILL');
    await stage.bridge.start();
    await announceAll(stage, stage.population.events);
    if (stage.accepted.length !== stage.population.events.length)
      throw new Error('not all were acknowledged');
    await stage.proxy.up();
    if (start) execSync(start, { stdio: 'ignore' });
    await untilFinished(stage);
  });
}

/** A network between bridge and OpenSPP that drops, delays, cuts, answers 502 and repeats. */
export function network(options: { registrants: number; seed: number; rate: number }): Promise<Outcome> {
  const faults = { rate: options.rate, random: random(options.seed), delayMs: 1500 };
  // Answers that are held back for longer than the bridge waits, from a server that has done what it was asked to.
  return onStage(
    { ...options, faults, batchSize: 100, graceSeconds: 1.6, odooTimeoutSeconds: 1 },
    async (stage) => {
      await stage.bridge.start();
      await announceAll(stage, stage.population.events);
      await untilFinished(stage);
    },
  );
}

/** The bridge's clock jumps by hours and days, back and forth, while events are delivered. */
export function clock(options: { registrants: number; jumps: number; seed: number }): Promise<Outcome> {
  const next = random(options.seed);
  const nodeFlags = ['--import', new URL('./jumping-clock.ts', import.meta.url).href];
  return onStage({ ...options, nodeFlags, batchSize: 20, graceSeconds: 0.3 }, async (stage) => {
    await stage.bridge.start();
    await stage.proxy.down();
    // Signatures are checked by the clock, so the messages come while it is right.
    await announceAll(stage, stage.population.events);
    await stage.proxy.up();
    for (let jump = 0; jump < options.jumps; jump += 1) {
      await pause(next() * 300);
      stage.bridge.signal('SIGUSR2');
    }
    await untilFinished(stage);
  });
}

/** Whether this process may mount a file system of a few megabytes. */
export function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
}

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/**
 * The inbox's disk fills up while notifications arrive, and somebody makes room.
 *
 * @returns with `refusals`: how many notifications were answered with 503 meanwhile
 */
export async function disk(options: { registrants: number }): Promise<Outcome & { refusals: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-disk-'));
  const ballast = join(folder, 'ballast');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]);
  try {
    let refusals = 0;
    const result = await onStage(
      { ...options, inboxFolder: folder, batchSize: 100, graceSeconds: 0.5 },
      async (stage) => {
        await stage.bridge.start();
        // What is delivered is not what fills the disk.
        await stage.proxy.down();
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(ballast, Buffer.alloc(bavail * bsize - ROOM_BYTES, 1));
        const announced = announceAll(stage, stage.population.events);
        while (stage.refusals < 20) await pause(10);
        const acknowledged = stage.accepted.length;
        await pause(200);
        if (acknowledged === stage.population.events.length) throw new Error('the disk was not full');
        rmSync(ballast);
        await announced;
        await stage.proxy.up();
        await untilFinished(stage);
        refusals = stage.refusals;
      },
    );
    return { ...result, refusals };
  } finally {
    execFileSync('umount', [folder]);
    rmdirSync(folder);
  }
}

/** What the ballast leaves: a few dozen notifications. */
const ROOM_BYTES = 262_144;

/** A PostgreSQL of one's own, whose commits reach the disk. */
async function withPostgres<T>(play: (server: PostgresServer) => Promise<T>): Promise<T> {
  const server = await startPostgres(true);
  try {
    return await play(server);
  } finally {
    await server.stop();
  }
}

/** Where a registry's load balancer sends a message: to one bridge, and every fifth to two at the same time. */
function balanced(bridges: readonly BridgeProcess[], next: () => number): () => BridgeProcess[] {
  return () => {
    const first = Math.floor(next() * bridges.length);
    const second = (first + 1) % bridges.length;
    return (next() < 0.2 ? [first, second] : [first]).map((at) => bridges[at] as BridgeProcess);
  };
}

/** Three bridges share an inbox; every few seconds one of them is killed, and started again. */
export function replicas(options: {
  registrants: number;
  killEveryMs: number;
  seed: number;
}): Promise<Outcome & { kills: number }> {
  const next = random(options.seed);
  return withPostgres(async ({ url }) => {
    let kills = 0;
    const result = await onStage(
      { ...options, inboxUrl: url, bridges: 3, batchSize: 100, graceSeconds: 0.5 },
      async (stage) => {
        await Promise.all(stage.bridges.map((bridge) => bridge.start()));
        const done = { announced: false, finished: false };
        const told = announceAll(stage, stage.population.events, 20, balanced(stage.bridges, next)).then(
          () => {
            done.announced = true;
          },
        );
        // The last kill comes after the last message, so that what was in hand then is taken over, too.
        const killing = (async () => {
          for (let last = false; !last; ) {
            await pause(options.killEveryMs);
            last = done.announced;
            const bridge = stage.bridges[Math.floor(next() * stage.bridges.length)];
            await bridge?.end('SIGKILL');
            await bridge?.start();
            kills += 1;
          }
        })();
        await Promise.all([told, killing]);
        await untilFinished(stage);
      },
    );
    return { ...result, kills };
  });
}

/**
 * The PostgreSQL of the inbox is killed and started again, twice, while notifications arrive and are delivered.
 *
 * @returns with `refusals` and `unreachable`: how many notifications got a 503, or no answer
 */
export function database(options: {
  registrants: number;
  seed: number;
}): Promise<Outcome & { refusals: number; unreachable: number }> {
  const next = random(options.seed);
  return withPostgres(async (server) => {
    let seen = { refusals: 0, unreachable: 0 };
    const result = await onStage(
      { ...options, inboxUrl: server.url, bridges: 3, batchSize: 100, graceSeconds: 0.5 },
      async (stage) => {
        await Promise.all(stage.bridges.map((bridge) => bridge.start()));
        const { events } = stage.population;
        const told = announceAll(stage, events, 20, balanced(stage.bridges, next));
        for (const part of [0.2, 0.6]) {
          while (stage.accepted.length < events.length * part) await pause(10);
          await server.kill();
          const refused = stage.refusals;
          while (stage.refusals < refused + 20) await pause(10);
          await server.start();
        }
        await told;
        await untilFinished(stage);
        seen = { refusals: stage.refusals, unreachable: stage.unreachable };
      },
    );
    return { ...result, ...seen };
  });
}
