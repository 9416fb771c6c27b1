import { FilterError } from '../operations/filter.ts';
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

/** What a filter was read to. @throws {PageError} 400 where it cannot be read */
export function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FilterError) throw new PageError(400, 'badRequest');
    throw error;
  }
}
