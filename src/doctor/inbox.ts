import { realpathSync, statSync } from 'node:fs';
import { type Finding, ok, problem, warning } from './finding.ts';

/** From this size on, as the alert CrvsBridgeInboxLogLarge has it. */
const LARGE_BYTES = 256 * 1024 * 1024;

/** Bytes of the write-ahead log of an SQLite inbox; null where there is none. The inbox itself is not opened. */
export function inboxLogBytes(url: string): number | null {
  if (!url.startsWith('sqlite:')) return null;
  try {
    return (
      statSync(`${realpathSync(url.slice('sqlite:'.length))}-wal`, { throwIfNoEntry: false })?.size ?? null
    );
  } catch {
    // No inbox yet, or one that this user may not see.
    return null;
  }
}

/**
 * Whether the inbox belongs to this OpenSPP; nothing to say before a bridge delivered.
 *
 * @param relation `moving`: an operator began to move it here
 * @param owner the OpenSPP that it belongs to, for people; null where there is none
 */
export function checkInboxOwner(
  relation: 'none' | 'same' | 'other' | 'moving',
  owner: string | null,
): Finding[] {
  if (owner === null || relation === 'none') return [];
  if (relation === 'same') return [ok('inbox.openspp', 'The inbox belongs to this OpenSPP.')];
  if (relation === 'moving') {
    return [
      problem(
        'inbox.openspp',
        'The inbox is being moved to another OpenSPP, and that did not end: bridges write nothing.',
        'Run `crvs-bridge openspp accept` again.',
      ),
    ];
  }
  return [
    problem(
      'inbox.openspp',
      `The inbox belongs to another OpenSPP (${owner}), whose row ids it keeps: bridges write nothing to this one.`,
      'Correct ODOO_URL and ODOO_DB. Where the inbox is to continue with this OpenSPP, run `crvs-bridge openspp accept`.',
    ),
  ];
}

/** Whether the write-ahead log grows without end; nothing to say while it is small. */
export function checkInboxLog(bytes: number | null): Finding[] {
  if (bytes === null || bytes <= LARGE_BYTES) return [];
  return [
    warning(
      'inbox.log',
      `The write-ahead log of the inbox has ${Math.round(bytes / 1024 / 1024)} MB: something has been reading the inbox file for long, and the log grows with each message.`,
      'End what reads it, such as a backup or a shell of sqlite3; after the next message the log is small again.',
    ),
  ];
}
