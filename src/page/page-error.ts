import type { Texts } from './texts/index.ts';

/** What is shown instead of the page; `text` chooses its words. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly status: 400 | 403 | 404 | 413;
  readonly text: keyof Texts['errors'];

  constructor(status: PageError['status'], text: keyof Texts['errors']) {
    super(text);
    this.status = status;
    this.text = text;
  }
}
