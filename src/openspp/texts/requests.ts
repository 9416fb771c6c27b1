import { ALL_TEXTS } from './index.ts';

/** Beginnings of the lines that are true only while a decision is awaited, in all languages. */
const WAITING_LINES = ALL_TEXTS.map(({ requests }) => requests.waitsMark);

const isWaitingLine = (line: string) => WAITING_LINES.some((mark) => line.startsWith(mark));

/** Whether notes say that a decision is awaited. */
export function isWaiting(notes: string | null): boolean {
  return notes?.split('\n').some(isWaitingLine) ?? false;
}

/** Notes without what was awaited: that is no longer said once the decision is there. */
export function withoutWaiting(notes: string | null): string | null {
  const kept = notes?.split('\n').filter((line) => !isWaitingLine(line)) ?? [];
  return kept.length === 0 ? null : kept.join('\n');
}
