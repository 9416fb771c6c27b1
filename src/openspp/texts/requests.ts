import { type RequestTexts, requestsEn } from './requests-en.ts';
import { requestsFr } from './requests-fr.ts';

export type { RequestTexts } from './requests-en.ts';

/**
 * The texts about change requests that the bridge writes into Odoo.
 *
 * @param language of the bridge's user there, such as `fr_FR`; English where there are none in that language
 */
export function requestTextsIn(language: string): RequestTexts {
  return language.toLowerCase().startsWith('fr') ? requestsFr : requestsEn;
}

/** Beginnings of the lines that are true only while a decision is awaited, in all languages. */
const WAITING_LINES = [requestsEn.waitsMark, requestsFr.waitsMark];

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
