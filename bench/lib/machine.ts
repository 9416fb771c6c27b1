import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { median } from './statistics.ts';

/** What a figure was measured on. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  sqlite: string;
  /** Of the folder that the inbox is put in. */
  fileSystem: string;
  /** Median of the time that 4 KiB take to reach the disk there. */
  fsyncMs: number;
  /** How busy the machine was before the benchmark began. */
  load: number;
}

/**
 * Looks at the machine.
 *
 * @param folder where the inbox will be: its disk decides what a commit costs
 */
export function describeMachine(folder: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    sqlite: sqliteVersion(),
    fileSystem: fileSystemOf(folder),
    fsyncMs: fsyncMs(folder),
    load: loadavg()[0] ?? Number.NaN,
  };
}

/** One line for people, and a warning where the disk or other work spoils the figures. */
export function machineLine(machine: Machine): string {
  const { cores, cpu, memoryGiB, node, sqlite, fileSystem, fsyncMs: ms, load } = machine;
  const warnings = [
    ...(fileSystem === 'tmpfs' ? ['the inbox is in memory: name a folder on a disk with --folder'] : []),
    ...(load > cores / 2
      ? [`the machine is busy already (load ${load.toFixed(1)}): figures will be low`]
      : []),
  ];
  return [
    `${cores} cores (${cpu}), ${memoryGiB} GiB; node ${node}, SQLite ${sqlite}; ${fileSystem}, fsync ${ms.toFixed(2)} ms; load ${load.toFixed(1)}`,
    ...warnings.map((warning) => `Warning: ${warning}`),
  ].join('\n');
}

/** The most memory that this process has held, in bytes. */
export function peakRss(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // No /proc: not Linux.
  }
  // Not the first choice: on Linux it begins with what the parent held.
  return process.resourceUsage().maxRSS * 1024;
}

function sqliteVersion(): string {
  const db = new DatabaseSync(':memory:');
  const row = db.prepare('SELECT sqlite_version() AS version').get();
  db.close();
  return String(row?.version);
}

/** The magic numbers of Linux for the file systems that one meets. */
const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
]);

function fileSystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return FILE_SYSTEMS.get(type) ?? `file system 0x${type.toString(16)}`;
}

function fsyncMs(folder: string): number {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 20 }, () => {
    writeSync(file, block);
    const start = performance.now();
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  rmSync(path);
  return median(times);
}
