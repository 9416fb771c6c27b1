import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's file system in memory. */
const MEMORY = '/dev/shm';
/** All files of a run together take less. */
const NEEDED_BYTES = 1_000_000_000;

/** What vitest itself makes there, and takes away after this. */
const OF_VITEST = /^[\w-]{21}$/;

/**
 * Gives the run a folder of its own for all temporary files: in memory where there is room, unless TMPDIR names a place.
 * Thousands of commits then wait for no disk; no test takes the power away. At the end the folder goes, and the run fails
 * where a test left something in it.
 *
 * PostgreSQL stays on the disk (`TEST_DISK_FOLDER`): programs may not be started from some file systems in memory.
 */
export function makeRunFolder(): void {
  // Each project reads the configuration again.
  if (process.env.TEST_DISK_FOLDER !== undefined) return;
  process.env.TEST_DISK_FOLDER = tmpdir();
  const folder = mkdtempSync(
    join(process.env.TMPDIR ?? (hasMemory() ? MEMORY : tmpdir()), 'crvs-bridge-run-'),
  );
  // Some servers run as another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.once('exit', () => {
    const left = existsSync(folder) ? leftIn(readdirSync(folder)) : [];
    rmSync(folder, { recursive: true, force: true });
    if (left.length === 0) return;
    process.stderr.write(`Tests left files behind: ${left.join(', ')}\n`);
    process.exitCode = 1;
  });
}

/** Which of these entries tests left behind. */
export function leftIn(names: readonly string[]): string[] {
  return names.filter((name) => !OF_VITEST.test(name));
}

function hasMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}
