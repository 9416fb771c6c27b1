import { type DestinationStream, type Logger, pino } from 'pino';
import { logContext } from './signals/context.ts';

/**
 * The log: one line of JSON an entry, on standard output. Nothing that is logged holds names, identifiers or secrets;
 * the redaction is for the day that somebody forgets. Lines that are written while a batch is delivered say which, and
 * name the messages in it.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const secret = [
    'password',
    'api_key',
    'admin_token',
    'signing_key',
    'encryption_key',
    'authorization',
    'signature',
    'body',
    'identifiers',
    'sentence',
  ];
  return pino(
    {
      level,
      base: null,
      mixin: logContext,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secret.flatMap((name) => [name, `*.${name}`]), remove: true },
    },
    ...(destination ? [destination] : []),
  );
}
