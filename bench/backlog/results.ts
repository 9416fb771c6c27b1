import { median, medians } from '../lib/statistics.ts';
import { figure, mebibytes, table } from '../lib/table.ts';

/** What the delivery of one backlog came to. */
export interface Measured {
  eventsPerSecond: number;
  callsPerEvent: number;
  cpuMsPerEvent: number;
  peakRssBytes: number;
  /** When the inbox was empty. */
  endRssBytes: number;
  /** From the start of the process to the first batch in hand. */
  startMs: number;
  /** From the start of the delivery to its first events settled. */
  firstSettledMs: number;
  errors: number;
}

/** By size of the backlog, round by round. */
export type Rounds = ReadonlyMap<number, readonly Measured[]>;

/** Medians over the rounds, by size. */
export function resultsOf(rounds: Rounds): Map<number, Measured> {
  return new Map([...rounds].map(([size, all]) => [size, medians(all.map((one) => ({ ...one })))]));
}

/** The rate at the largest backlog over that at the smallest: the median of the rounds' own ratios. */
export function ratioOf(rounds: Rounds): number {
  const [smallest, largest] = ends(rounds);
  return median(largest.map((one, round) => one.eventsPerSecond / (smallest[round]?.eventsPerSecond ?? 0)));
}

/** How much more memory the largest backlog takes than the smallest, at the peaks: the median over the rounds. */
export function memoryGrowth(rounds: Rounds): number {
  const [smallest, largest] = ends(rounds);
  return median(largest.map((one, round) => one.peakRssBytes - (smallest[round]?.peakRssBytes ?? 0)));
}

function ends(rounds: Rounds): [readonly Measured[], readonly Measured[]] {
  const all = [...rounds.values()];
  return [all[0] ?? [], all.at(-1) ?? []];
}

/** The figures of each backlog, as a table. */
export function resultTable(results: ReadonlyMap<number, Measured>): string {
  return table(
    [
      'backlog',
      'events/s',
      'calls/event',
      'CPU ms/event',
      'peak MiB',
      'end MiB',
      'start to 1st batch ms',
      '1st settled ms',
      'in error',
    ],
    [...results].map(([size, found]) => [
      size.toLocaleString('en-US'),
      figure(found.eventsPerSecond),
      figure(found.callsPerEvent, 3),
      figure(found.cpuMsPerEvent),
      mebibytes(found.peakRssBytes),
      mebibytes(found.endRssBytes),
      figure(found.startMs, 0),
      figure(found.firstSettledMs, 0),
      figure(found.errors, 0),
    ]),
  );
}
