import { Option } from 'commander';
import { secondsOf } from '../screening/duration.ts';
import { UsageError } from './command-error.ts';

// What a value may be is said with the name of its option and without the value: that may be personal data.

/**
 * An option with a few values, in any letter case.
 *
 * @param flags such as `--state <state>`
 */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  const option = new Option(flags, `${description}: ${listed(values)}`);
  // Also for the completion of shells.
  option.argChoices = [...values];
  return option.argParser((text: string) => {
    const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new UsageError(`${nameOf(flags)}: expected ${listed(values)}`);
    return found;
  });
}

/** An option that takes a whole number from 1 to the maximum. */
export function numberOption(flags: string, description: string, maximum?: number): Option {
  return new Option(flags, description).argParser((text: string) =>
    wholeNumber(text, nameOf(flags), maximum),
  );
}

/** An option that takes a day. */
export function dateOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
    if (!isDay || new Date(text).toISOString().slice(0, 10) !== text) {
      throw new UsageError(`${nameOf(flags)}: expected a day as YYYY-MM-DD, such as 2024-03-08`);
    }
    return text;
  });
}

/** An option that takes a length of time, such as `12h`; gives seconds. */
export function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const seconds = secondsOf(text);
    if (seconds !== null) return seconds;
    throw new UsageError(`${nameOf(flags)}: expected a number with s, m, h or d, such as 12h or 30d`);
  });
}

/** Collects the values of an option that may be given several times. */
export const several = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);

function wholeNumber(text: string, what: string, maximum = 999_999_999_999_999): number {
  const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= maximum) return number;
  const range = maximum < 1e12 ? ` from 1 to ${maximum}` : '';
  throw new UsageError(`${what}: expected a whole number${range}`);
}

/** An argument that is a number of the inbox. @throws {UsageError} */
export const idArgument = (text: string): number => wholeNumber(text, 'ID');

/** Arguments that are numbers of the inbox. @throws {UsageError} */
export const idArguments = (text: string, before: number[] | undefined): number[] => [
  ...(before ?? []),
  idArgument(text),
];

/** An argument that is a registrant's id in OpenSPP. @throws {UsageError} */
export function partnerId(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UsageError('the registrant: expected an id of OpenSPP');
}

const nameOf = (flags: string): string => /--[a-z-]+/.exec(flags)?.[0] ?? flags;
const listed = (values: readonly string[]): string => values.join(', ');
