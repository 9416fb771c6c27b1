import type { Answer, NotKnown } from '../registries/answer.ts';
import { printJson, printText } from './output.ts';

/** The exit code of a look-up that ends in neither yes nor no: not that of a "no" (1), nor of a bad command line (2). */
export const NOT_KNOWN_EXIT = 3;

/** Prints a yes or a no for people; gives the exit code. */
export type PrintKnown<A extends Answer> = (answer: Exclude<A, NotKnown>) => number;

/**
 * Prints an answer: as JSON as it is, else a yes or no by `print`, and what is not known with its reason.
 *
 * @param json `printed` where that was done by the caller
 * @returns the exit code: that of `print`, or `NOT_KNOWN_EXIT`
 */
export function printAnswer<A extends Answer>(
  answer: A,
  json: boolean | 'printed',
  print: PrintKnown<A>,
): number {
  if (json === true) printJson(answer);
  if (answer.kind === 'not_known') {
    if (!json) printText(notKnownText(answer));
    return NOT_KNOWN_EXIT;
  }
  return print(answer as Exclude<A, NotKnown>);
}

function notKnownText(answer: NotKnown & { registryMessage?: string }): string {
  const { reason, detail, registryMessage } = answer;
  const words = registryMessage === undefined ? '' : `\nthe registry says: ${registryMessage}`;
  return `not known (${reason}): ${detail}${words}`;
}
