import type { html } from 'hono/html';
import type { Format } from './format.ts';
import type { Session } from './session.ts';
import type { Language, Texts } from './texts/index.ts';

/** A piece of a page; what is put into it is escaped. */
export type Html = ReturnType<typeof html>;

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** For whom a page is made. */
export interface View {
  language: Language;
  texts: Texts;
  format: Format;
  theme: Theme;
  /** Whether single keys do something. */
  keys: boolean;
  /** Milliseconds since the epoch. */
  now: number;
  /** The path and the query that were asked for; `/` where the answer is one to a form. */
  here: string;
  /** Null without a session. */
  session: Session | null;
  /** What every form carries; empty without a session. */
  formToken: string;
}

/** The view of somebody who is signed in. */
export type SignedIn = View & { session: Session };
