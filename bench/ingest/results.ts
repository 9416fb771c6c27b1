import { median, medians } from '../lib/statistics.ts';
import { figure, goalLine, mebibytes, table } from '../lib/table.ts';
import type { Contender } from './contenders.ts';

/** What one measurement of one server gave. */
export interface Measured {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuSecondsPer1000: number;
  /** Of the main thread alone. */
  mainSecondsPer1000: number;
  /** NaN where nothing is committed. */
  messagesPerCommit: number;
  healthzP99Ms: number;
  healthzLongestMs: number;
  peakRssBytes: number;
  generatorCores: number;
  errors: number;
}

export type Rounds = ReadonlyMap<string, readonly Measured[]>;

/** Medians over the rounds, by server; of errors the sum. */
export function resultsOf(rounds: Rounds): Map<string, Measured> {
  return new Map(
    [...rounds].map(([letter, all]) => [
      letter,
      {
        ...medians(all.map((one) => ({ ...one }))),
        errors: all.reduce((sum, { errors }) => sum + errors, 0),
      },
    ]),
  );
}

/** The figures of each server, as a table. */
export function resultTable(
  contenders: readonly Contender[],
  results: ReadonlyMap<string, Measured>,
): string {
  return `\n${table(
    [
      'server',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU s/1,000',
      'a commit',
      'healthz p99 ms',
      'longest',
      'peak MiB',
      'generator cores',
      'errors',
    ],
    contenders.map(({ letter, title }) => {
      const found = results.get(letter);
      if (!found) return [title];
      return [
        title,
        figure(found.requestsPerSecond, 0),
        figure(found.p50Ms),
        figure(found.p99Ms),
        figure(found.cpuSecondsPer1000, 3),
        figure(found.messagesPerCommit, 0),
        figure(found.healthzP99Ms),
        figure(found.healthzLongestMs),
        mebibytes(found.peakRssBytes),
        figure(found.generatorCores),
        figure(found.errors, 0),
      ];
    }),
  )}`;
}

/** Medians of the rounds' own ratios: what slows a whole round down slows both sides. */
export function ratiosOf(rounds: Rounds): Record<string, number> {
  const ratio = (over: string, under: string): number =>
    median(
      (rounds.get(over) ?? []).flatMap(({ requestsPerSecond }, round) => {
        const other = rounds.get(under)?.[round]?.requestsPerSecond;
        return other === undefined ? [] : [requestsPerSecond / other];
      }),
    );
  const wanted = [
    ['c', 'b'],
    ['c', 'a'],
    ['p', 'c'],
    ['d', 'b'],
    ['d', 'a'],
  ] as const;
  return Object.fromEntries(
    wanted
      .map(([over, under]) => [`${over}/${under}`, ratio(over, under)] as const)
      .filter(([, value]) => !Number.isNaN(value)),
  );
}

/** The ratios, and what the goals say of them and of the bridge. */
export function ratioLines(ratios: Readonly<Record<string, number>>, bridge: Measured | undefined): string {
  const goals: Record<string, { atLeast: number }> = {
    'c/b': { atLeast: 0.75 },
    'c/a': { atLeast: 0.2 },
    'p/c': { atLeast: 0.7 },
  };
  const lines = Object.entries(ratios).map(([name, value]) => goalLine(name, value, goals[name]));
  if (bridge) {
    lines.push(
      goalLine('c, requests/s (or c/a ≥ 0.2)', bridge.requestsPerSecond, { atLeast: 5000 }),
      goalLine('c, p99 ms', bridge.p99Ms, { atMost: 50 }),
      goalLine('c, errors', bridge.errors, { atMost: 0 }),
    );
  }
  return `\n${lines.join('\n')}`;
}
