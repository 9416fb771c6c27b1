import type { Logger } from 'pino';

/** Which hook of which extension. */
export interface Hook {
  /** The extension's name. */
  extension: string;
  /** Such as `findPerson` or `rules.death`. */
  member: string;
}

/** What an extension gave back cannot be taken; `message` says why, and quotes no value. */
export class InvalidResult extends Error {
  override readonly name = 'InvalidResult';
}

/** It did not answer in time, or asked Odoo too much. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
}

const CLASS_NAME = /^[A-Za-z_]\w{0,63}$/;
const LONGEST_SENTENCE = 500;

/**
 * What the caseworker reads of an event that an extension failed on. An error's own text may quote anything, so that it
 * is left out, unless the extension meant it to be read.
 */
export function sentenceFor({ extension, member }: Hook, error: unknown): string {
  const own = ownSentence(error);
  if (own !== null) return `Refused by the extension "${extension}": ${own}`;
  if (error instanceof InvalidResult || error instanceof LimitExceeded) {
    return `The extension "${extension}" failed in ${member}: ${error.message}.`;
  }
  return `The extension "${extension}" failed in ${member} (${kindOf(error)}).`;
}

/** Logs a failure with the place in the module where it came from, and nothing of the event. */
export function logFailure(log: Logger, { extension, member }: Hook, error: unknown, events: number): void {
  if (ownSentence(error) !== null) return;
  const reason = error instanceof InvalidResult || error instanceof LimitExceeded ? error.message : undefined;
  log.warn(
    { extension, member, error: kindOf(error), reason, at: placeOf(error), events },
    'an extension failed',
  );
}

/** The sentence of an `EventRefused`, by name: a module may have been loaded without our classes. */
function ownSentence(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'EventRefused' || error.message === '') return null;
  return error.message.slice(0, LONGEST_SENTENCE).toWellFormed().replaceAll('\0', '');
}

/** The error's class; with its code, where that is one of Odoo's or of Node's. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error))
    return `it threw ${error === null ? 'null' : `a value of type ${typeof error}`}`;
  const name = CLASS_NAME.test(error.name) ? error.name : 'Error';
  const { code, model } = error as { code?: unknown; model?: unknown };
  if (typeof code !== 'string' || !/^[\w.]{1,40}$/.test(code)) return name;
  return `${name} ${code}${typeof model === 'string' && /^[\w.]{1,80}$/.test(model) ? ` on ${model}` : ''}`;
}

/** `file:line:column` of the first line of the stack that is no part of Node. */
export function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  // Only the frames: the error's text comes before them.
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  for (const frame of frames) {
    if (frame.includes('node:')) continue;
    const place = /(?:file:\/\/)?(\/[^()\s]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (place !== undefined) return place;
  }
  return undefined;
}
