import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes the file of an inbox with its folders where they are missing, for their owner only.
 *
 * @throws with a sentence that names the path and the fix, where SQLite could not write there
 */
export function makeFile(path: string): void {
  const folder = dirname(resolve(path));
  try {
    makeFolder(folder);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`${path} is a folder: name a file in it, such as ${path.replace(/\/+$/, '')}/inbox.db`);
    }
    // Births and deaths. SQLite gives its side files the mode of the main one, and makes them beside it.
    closeSync(openSync(path, 'a', 0o600));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Error(fileSentence(error as NodeJS.ErrnoException, path, folder));
  }
}

/** Not by the `recursive` of mkdir: where a system makes no folders, as in /proc, Node tries without end. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Why a file cannot be written, and what to do. */
export function fileSentence({ code, message }: NodeJS.ErrnoException, path: string, folder: string): string {
  const fix = 'set INBOX_URL to another path';
  switch (code) {
    case undefined:
      return message;
    case 'EACCES':
    case 'EPERM':
      return `this user may not write in ${folder}: give it that folder, or ${fix}`;
    case 'EROFS':
      return `${folder} is on a file system that is read-only: ${fix}`;
    case 'ENOTDIR':
      return `a part of ${path} is a file, where a folder is needed: ${fix}`;
    case 'ENOENT':
      return `the folder ${folder} cannot be made there: ${fix}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no space left for ${path}: make some, or ${fix}`;
    default:
      return `${path} cannot be made (${code}): ${fix}`;
  }
}
