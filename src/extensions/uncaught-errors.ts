import { inspect } from 'node:util';
import type { Logger } from 'pino';
import { kindOf, placeOf } from './failure.ts';
import type { LoadedExtension } from './load.ts';

/**
 * Keeps the process going where an extension throws when nobody calls it any more: in a timer, or in a promise that it
 * let go of. Any other error that nobody catches ends the process as ever.
 *
 * @returns takes the watch away
 */
export function catchExtensionErrors(extensions: readonly LoadedExtension[], log: Logger): () => void {
  if (extensions.length === 0) return () => {};
  const folders = extensions.map(({ extension, url }) => ({
    name: extension.name,
    folder: decodeURI(new URL('.', url).pathname),
  }));
  const onError = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    const culprit = folders.find(({ folder }) => frames.some((line) => line.includes(folder)));
    if (culprit) {
      log.error(
        { extension: culprit.name, error: kindOf(error), at: placeOf(error) },
        'an extension failed when nobody waited for it',
      );
      return;
    }
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', onError);
  return () => {
    process.off('uncaughtException', onError);
  };
}
