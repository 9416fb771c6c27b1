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
export const WAITING_LINES = [requestsEn.waitsMark, requestsFr.waitsMark] as const;
