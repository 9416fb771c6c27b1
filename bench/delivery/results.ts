import { median, medians } from '../lib/statistics.ts';
import { figure, goalLine, mebibytes, table } from '../lib/table.ts';
import type { Delivery } from './deliverer-child.ts';
import { CONTENDERS } from './round.ts';
import { differencesIn, type Verification } from './verify.ts';

/** What one delivery, or the median of several, comes to. */
export interface Figures {
  eventsPerSecond: number;
  callsPerEvent: number;
  cpuMsPerEvent: number;
  peakRssBytes: number;
  events: number;
  errors: number;
  released: number;
}

/** By contender, round by round. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>;

/** The figures of a delivery. */
export function figuresOf(delivery: Delivery): Figures {
  const { events, seconds, calls, cpuSeconds, peakRssBytes, errors, released } = delivery;
  return {
    eventsPerSecond: events / seconds,
    callsPerEvent: calls / events,
    cpuMsPerEvent: (cpuSeconds * 1000) / events,
    peakRssBytes,
    events,
    errors,
    released,
  };
}

/** Medians over the rounds, by contender. */
export function resultsOf(rounds: Rounds): Map<string, Figures> {
  return new Map([...rounds].map(([name, all]) => [name, medians(all.map((one) => ({ ...one })))]));
}

/** Medians of the rounds' own ratios of events/s. */
export function ratiosOf(rounds: Rounds): Record<string, number> {
  const bridge = rounds.get('c') ?? [];
  return Object.fromEntries(
    ['a1', 'a4', 'b1', 'b4'].map((name) => [
      `c/${name}`,
      median(
        bridge.map(
          ({ eventsPerSecond }, round) =>
            eventsPerSecond / (rounds.get(name)?.[round]?.eventsPerSecond ?? Number.NaN),
        ),
      ),
    ]),
  );
}

/** The figures of each contender, as a table. */
export function resultTable(results: ReadonlyMap<string, Figures>): string {
  return table(
    ['way', 'events', 'events/s', 'calls/event', 'CPU ms/event', 'peak MiB', 'in error', 'given back'],
    CONTENDERS.flatMap(({ name, title }) => {
      const found = results.get(name);
      if (!found) return [];
      return [
        [
          title,
          figure(found.events, 0),
          figure(found.eventsPerSecond),
          figure(found.callsPerEvent, 3),
          figure(found.cpuMsPerEvent),
          mebibytes(found.peakRssBytes),
          figure(found.errors, 0),
          figure(found.released, 0),
        ],
      ];
    }),
  );
}

/** Where the time of a delivery goes, by call; the bridge's calls run side by side, so they add up to more. */
export function callTable({ asked, events, seconds }: Delivery): string {
  return table(
    ['call', 'calls', 'ms a call', 'ms an event', 'share of the time'],
    Object.entries(asked)
      .sort(([, one], [, other]) => other.ms - one.ms)
      .slice(0, 12)
      .map(([name, { calls, ms }]) => [
        name,
        figure(calls, 0),
        figure(ms / calls),
        figure(ms / events, 3),
        figure(ms / 1000 / seconds),
      ]),
  );
}

/** The ratios and what the goals say of them; goals are set for a real Odoo. */
export function ratioLines(
  ratios: Readonly<Record<string, number>>,
  bridge: Figures | undefined,
  isOdoo: boolean,
): string {
  const lines = Object.entries(ratios).map(([name, value]) =>
    goalLine(name, value, isOdoo && name === 'c/b4' ? { atLeast: 12 } : undefined),
  );
  if (bridge) {
    lines.push(goalLine('c, calls an event', bridge.callsPerEvent, isOdoo ? { atMost: 0.05 } : undefined));
  }
  return lines.join('\n');
}

/** What `--verify` found. */
export function verificationLines(found: Verification): string {
  const { events, registrants, lost, doubled, unprocessed, wrong, different } = found;
  return [
    `  compared with a delivery one at a time (${figure(found.oneAtATimePerSecond)} events/s): ${events} events, ${registrants} registrants`,
    `  lost ${lost}, doubled ${doubled}, not processed ${unprocessed}, registrants wrong ${wrong}, different ${different}`,
    goalLine('differences', differencesIn(found), { atMost: 0 }),
    ...found.examples.map((example) => `    ${example}`),
  ].join('\n');
}
