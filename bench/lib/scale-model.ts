/**
 * A commit of `n` messages costs `fixed + each * n`: the line through two measured sizes of groups.
 *
 * @param small and @param large what a message costs in groups of that size
 */
export function lineThrough(
  small: { size: number; each: number },
  large: { size: number; each: number },
): { fixed: number; each: number } {
  const each = (large.each * large.size - small.each * small.size) / (large.size - small.size);
  return { fixed: Math.max(0, (small.each - each) * small.size), each };
}

/** How many people, and what a year of them is like. */
export interface Country {
  people: number;
  /** Messages a year for 1,000 people. */
  messagesPerThousand: number;
  /** Events a year for 1,000 people: a marriage is one message and two events. */
  eventsPerThousand: number;
  /** Days of a year on which offices register. */
  workingDays: number;
  /** The share of a day's messages that comes in its busiest hour. */
  peakHourShare: number;
}

/** What a part of the system takes. */
export interface Capacity {
  /** Messages a second that one receiver acknowledges. */
  receiverPerSecond: number;
  /** Events a second that one worker of Odoo takes from the bridge. */
  odooWorkerPerSecond: number;
  /** Bytes of the inbox for a message with its event, settled. */
  inboxBytes: number;
  retentionDays: number;
}

/** What a country needs. */
export interface Need {
  messagesPerDay: number;
  peakPerSecond: number;
  /** For the peak alone; a second receiver is for the day that the first one fails. */
  receivers: number;
  /** So that the peak hour waits for nothing. */
  odooWorkers: number;
  /** Events that wait after an outage of a week. */
  backlog: number;
  /** Until that backlog is gone, with so many workers, while a day's events keep coming. */
  backlogHours: number;
  /** GB of the inbox when the retention is full. */
  inboxGb: number;
}

const WEEK_OF_WORK = 5;
/** No more than this share of what a part can do is planned for. */
const PLANNED = 0.5;

/**
 * Receivers, Odoo workers and disk for a country.
 *
 * @param workers of Odoo for the bridge; as many as the peak needs where left out
 */
export function needOf(country: Country, capacity: Capacity, workers?: number): Need {
  const thousands = country.people / 1000;
  const messagesPerDay = (thousands * country.messagesPerThousand) / country.workingDays;
  const eventsPerDay = (thousands * country.eventsPerThousand) / country.workingDays;
  const peakPerSecond = (messagesPerDay * country.peakHourShare) / 3600;
  const peakEvents = (eventsPerDay * country.peakHourShare) / 3600;
  const odooWorkers =
    workers ?? Math.max(1, Math.ceil(peakEvents / (capacity.odooWorkerPerSecond * PLANNED)));
  const backlog = eventsPerDay * WEEK_OF_WORK;
  const spare = odooWorkers * capacity.odooWorkerPerSecond - eventsPerDay / 86_400;
  return {
    messagesPerDay,
    peakPerSecond,
    receivers: Math.max(1, Math.ceil(peakPerSecond / (capacity.receiverPerSecond * PLANNED))),
    odooWorkers,
    backlog,
    backlogHours: backlog / spare / 3600,
    inboxGb:
      (messagesPerDay * country.workingDays * (capacity.retentionDays / 365) * capacity.inboxBytes) / 1e9,
  };
}
