import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';

const COLOURS = { fatal: 'red', error: 'red', warn: 'yellow', info: 'green' } as const;

/**
 * Prints the log for a person at a terminal: time of the day, level, message, and what belongs to it. The lines have what
 * the JSON has and nothing more, so personal data is in neither. Anything but a terminal gets the JSON itself.
 */
export function logLines(out: NodeJS.WriteStream): DestinationStream {
  return { write: (line) => void out.write(`${readable(line.trimEnd(), out)}\n`) };
}

function readable(line: string, stream: NodeJS.WriteStream): string {
  const entry = entryOf(line);
  if (entry === null) return line;
  const { level, time, msg, ...rest } = entry;
  const name = String(level);
  const colour = Object.hasOwn(COLOURS, name) ? COLOURS[name as keyof typeof COLOURS] : 'gray';
  const members = Object.entries(rest).map(([key, value]) => `${key}=${textOf(value)}`);
  const mark = styleText(colour, name.padEnd(5), { stream });
  const more = members.length === 0 ? [] : [styleText('gray', members.join(' '), { stream })];
  return [String(time).slice(11, 19), mark, String(msg ?? ''), ...more].join(' ');
}

function entryOf(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Names come from other machines: nothing in them may steer the terminal. */
const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\p{Cc}+/gu, ' ');
