import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './command-error.ts';

/**
 * The bytes of a file, or of standard input for `-`.
 *
 * @param what how an error names it
 * @throws {UsageError} where it cannot be read
 */
export async function readInput(path: string, what: string): Promise<Buffer> {
  if (path === '-') return buffer(process.stdin);
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`${what}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
