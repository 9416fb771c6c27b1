import { en, type Texts } from './en.ts';
import { fr } from './fr.ts';

export type { Texts } from './en.ts';

/** The languages that the page has, by their codes. Another one is a file beside these, and a line here. */
export const LANGUAGES = { en, fr } as const satisfies Record<string, Texts>;
export type Language = keyof typeof LANGUAGES;

export function isLanguage(code: string | undefined): code is Language {
  return code !== undefined && Object.hasOwn(LANGUAGES, code);
}

/**
 * The language that a browser likes best of those that there are; English where it likes none.
 *
 * @param accepted `Accept-Language`, such as `fr-CH, fr;q=0.9, en;q=0.8`
 */
export function preferredLanguage(accepted: string | undefined): Language {
  const liked = (accepted ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.trim().split(';');
      const quality = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find(Boolean);
      return {
        code: tag.split('-')[0]?.toLowerCase() ?? '',
        quality: quality === undefined ? 1 : Number(quality),
      };
    })
    .filter(({ code, quality }) => isLanguage(code) && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  const code = liked[0]?.code;
  return isLanguage(code) ? code : 'en';
}
