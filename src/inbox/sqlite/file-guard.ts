import { realpathSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Which file a path names, and under how many names. */
interface FileId {
  file: string;
  names: number;
}

function fileAt(path: string): FileId | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? { file: `${found.dev}/${found.ino}`, names: Number(found.nlink) } : null;
}

/**
 * Makes sure that what is committed can be found again: a file that was removed, or has another in its place, takes
 * commits like any other, and they are gone with the process.
 */
export class FileGuard {
  /** Without symbolic links: the name that SQLite makes those of its side files from. */
  readonly path: string;
  readonly #watched: { path: string; file: string; names: number | null }[] = [];
  #lock: DatabaseSync | null = null;

  /**
   * @throws where it has a second name: two bridges would each have a log of their own for one file
   */
  constructor(path: string) {
    this.path = realpathSync(path);
    const { names } = this.#watch(this.path, 1);
    if (names > 1) throw new Error(SECOND_NAME);
  }

  /**
   * Two bridges that deliver from one file would deliver twice. The operating system gives the lock of a dead process
   * back, so a `kill -9` leaves nothing to clean up.
   *
   * @throws where another process has it, by whatever name of the file
   */
  takeLock(): void {
    const path = `${this.path}.lock`;
    const lock = new DatabaseSync(path);
    try {
      lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch {
      lock.close();
      throw new Error(
        'another bridge is serving this inbox; stop it first, or give this one an INBOX_URL of its own',
      );
    }
    this.#lock = lock;
    this.#watch(path, null);
  }

  /** To be called when the database is open, and its log with it. */
  watchLog(): void {
    this.#watch(this.logPath, null);
  }

  get logPath(): string {
    return `${this.path}-wal`;
  }

  #watch(path: string, names: number | null): FileId {
    const found = fileAt(path);
    if (!found) throw new Error(GONE);
    this.#watched.push({ path, file: found.file, names });
    return found;
  }

  /** @throws where what is committed now would be lost, or could be another bridge's as well */
  check(): void {
    for (const { path, file, names } of this.#watched) {
      const found = fileAt(path);
      if (found?.file !== file) throw new Error(GONE);
      if (names !== null && found.names !== names) throw new Error(SECOND_NAME);
    }
  }

  close(): void {
    this.#lock?.close();
  }
}

const GONE =
  'the inbox file, its log or its lock was removed or replaced while the bridge runs: nothing more is taken; let it deliver what it has, then put the file back and start again';
const SECOND_NAME =
  'the inbox file has a second name (a hard link), by which another process could write to it: remove that name';
