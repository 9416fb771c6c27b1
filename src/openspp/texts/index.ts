import { en, type OpensppTexts } from './en.ts';
import { fr } from './fr.ts';

export type { OpensppTexts } from './en.ts';
export type { RequestTexts } from './requests-en.ts';

/** All languages: what an earlier version, or a user with another language, wrote is found again. */
export const ALL_TEXTS: readonly OpensppTexts[] = [en, fr];

/**
 * The texts that the bridge writes into Odoo.
 *
 * @param language of the bridge's user there, such as `fr_FR`; English where there are none in that language
 */
export function textsIn(language: string): OpensppTexts {
  return language.toLowerCase().startsWith('fr') ? fr : en;
}
