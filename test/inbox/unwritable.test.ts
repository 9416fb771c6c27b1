import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openInbox } from '../../src/inbox/open.ts';
import { fileSentence } from '../../src/inbox/sqlite/make-file.ts';
import { temporaryFolder } from './support.ts';

const opened = (path: string) => openInbox(`sqlite:${path}`, { create: true, exclusive: true });

describe('an inbox that cannot be written fails at once, with a sentence', () => {
  it('where the system makes no folder', async () => {
    await expect(opened('/proc/x/y/inbox.db')).rejects.toThrow(
      'the folder /proc/x/y cannot be made there: set INBOX_URL to another path',
    );
  });

  it('where the path is a folder', async () => {
    const folder = temporaryFolder();
    await expect(opened(folder)).rejects.toThrow(
      `${folder} is a folder: name a file in it, such as ${folder}/inbox.db`,
    );
  });

  it('where a part of the path is a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(opened(join(file, 'inbox.db'))).rejects.toThrow(
      /^a part of .* is a file, where a folder is/,
    );
    await expect(opened(join(file, 'below', 'inbox.db'))).rejects.toThrow(/^a part of .* is a file/);
  });

  it.skipIf(process.getuid?.() === 0)('where the user may not write', async () => {
    const folder = join(temporaryFolder(), 'closed');
    mkdirSync(folder, { mode: 0o500 });
    await expect(opened(join(folder, 'inbox.db'))).rejects.toThrow(`this user may not write in ${folder}: `);
    chmodSync(folder, 0o700);
  });

  it.each([
    ['EACCES', 'this user may not write in /a: give it that folder, or set INBOX_URL to another path'],
    ['EPERM', 'this user may not write in /a: give it that folder, or set INBOX_URL to another path'],
    ['EROFS', '/a is on a file system that is read-only: set INBOX_URL to another path'],
    ['ENOSPC', 'there is no space left for /a/inbox.db: make some, or set INBOX_URL to another path'],
    ['ELOOP', '/a/inbox.db cannot be made (ELOOP): set INBOX_URL to another path'],
  ])('of %s', (code, sentence) => {
    const error = Object.assign(new Error('raw'), { code });
    expect(fileSentence(error, '/a/inbox.db', '/a')).toBe(sentence);
  });
});

it('makes the folders that are missing, for their owner only', async () => {
  const path = join(temporaryFolder(), 'a', 'b', 'inbox.db');
  const inbox = await opened(path);
  await inbox.close();
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
