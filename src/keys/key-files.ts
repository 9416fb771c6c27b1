import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyError } from '../dci/keys.ts';
import { type OwnKey, OwnKeyError, printKey, readKey } from './own-key.ts';

/** Keys by the text of their files: one that is read again stays the same object. */
export type KnownKeys = ReadonlyMap<string, OwnKey>;

const NOT_FOR_OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/**
 * Reads the keys of a folder: its files that end in `.json`, one JWK each. A folder that is not there has none.
 *
 * @throws {OwnKeyError} where a file can be read, or the folder be written, by others, or a file holds no key
 */
export async function readKeyFiles(
  directory: string,
  known: KnownKeys = new Map(),
): Promise<Map<string, OwnKey>> {
  const keys = new Map<string, OwnKey>();
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    let text: string;
    let madeAt: number;
    try {
      const { mode, mtimeMs } = await stat(path);
      // Before it is read: a key that others could read is theirs, too.
      if (mode & NOT_FOR_OTHERS)
        throw unusable(name, 'others than its owner may read it; run chmod 600 on it');
      madeAt = Math.round(mtimeMs);
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof OwnKeyError) throw error;
      // Removed since the folder was listed: not there, as if it had been listed a moment later.
      if (await isGone(path)) continue;
      throw unusable(name, `it cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    keys.set(text, known.get(text) ?? keyIn(text, name, madeAt));
  }
  assertOneUse([...keys.values()]);
  return keys;
}

/** Whether nothing is at a path; a link that leads nowhere is something. */
async function isGone(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const { mode } = await stat(directory);
    if (mode & OTHERS_WRITE) {
      throw new OwnKeyError(
        'keys.directory (KEYS_DIR): others may write there, and so add keys; run chmod 700 on it',
      );
    }
    return (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if (error instanceof OwnKeyError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new OwnKeyError(`keys.directory (KEYS_DIR): the folder cannot be read (${code})`);
  }
}

function keyIn(text: string, name: string, madeAt: number): OwnKey {
  try {
    return readKey(text, name, madeAt);
  } catch (error) {
    if (error instanceof KeyError) throw unusable(name, error.message);
    throw error;
  }
}

/** One key for both would let a signature be asked for what is in truth a message to open. @throws {OwnKeyError} */
export function assertOneUse(keys: readonly OwnKey[]): void {
  const uses = new Map<string, string>();
  for (const { kid, kind } of keys) {
    if ((uses.get(kid) ?? kind.use) !== kind.use)
      throw new OwnKeyError('keys: one key is there for signing and for encryption; make one for each');
    uses.set(kid, kind.use);
  }
}

/**
 * Writes a new key into a folder, made where it is missing; whole or not at all, and never over another.
 *
 * @returns the file's path
 * @throws {OwnKeyError}
 */
export async function writeKeyFile(directory: string, key: OwnKey): Promise<string> {
  // A name that does not end in .json: a bridge that looks meanwhile does not see half a key.
  const draft = join(directory, `.${randomUUID()}.draft`);
  const path = join(directory, `${key.kind.use}-${key.kid}.json`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(printKey(key));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    return path;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new OwnKeyError(
      `keys.directory (KEYS_DIR): the key cannot be written (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

function unusable(name: string, problem: string): OwnKeyError {
  return new OwnKeyError(`keys.directory (KEYS_DIR), file ${name}: ${problem}`);
}
