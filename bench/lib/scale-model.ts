/** What a stage of the way of a message costs, as measured on one machine. */
export interface StageCosts {
  /** Milliseconds of CPU of the receiver's main thread for a message: HTTP, reading, packing. It has one core at most. */
  receiveMs: number;
  /** Milliseconds of CPU of its other threads for a message: signatures, the garbage collector. */
  helperMs: number;
  /** Milliseconds of CPU of whatever sends a message from the same machine; 0 where it is another machine. */
  clientMs: number;
  /** Milliseconds of a commit, whatever is in it: the fsync, and the pages that all share. */
  commitMs: number;
  /** Milliseconds that each message adds to its commit. */
  storeMs: number;
  /** Milliseconds of CPU for a message in the store, what is indexed afterwards included. */
  storeCpuMs: number;
  /** Milliseconds of CPU of a commit, whatever is in it. */
  commitCpuMs: number;
}

/** What the model says of a receiver under load. */
export interface Prediction {
  messagesPerSecond: number;
  /** From the request to its acknowledgement, on average. */
  latencyMs: number;
  /** Messages in a commit. */
  groupSize: number;
  /** What the next message waits for. */
  limit: 'main thread' | 'cores' | 'connections';
}

/** See `GroupCommit`. */
const LARGEST_GROUP = 500;
const STEPS = 200;

/**
 * A receiver as a closed queueing network: `connections` clients, each with one request at a time. The main thread is
 * one station that serves one message after another. A commit is a delay that all messages in it share: a message waits
 * for half of the commit that is under way, and for its own. All of it, with the clients, runs on `cores` cores.
 *
 * Mean value analysis gives the throughput for a group size, and the group size follows from the throughput: what comes
 * while a commit is under way.
 */
export function predict(costs: StageCosts, connections: number, cores: number): Prediction {
  let groupSize = 1;
  let found = closedNetwork(costs, connections, groupSize);
  for (let step = 0; step < STEPS; step += 1) {
    const commit = costs.commitMs + costs.storeMs * groupSize;
    const arriving = (found.messagesPerSecond / 1000) * commit;
    // Half of the way, so that the two settle.
    const next = Math.min(Math.max(arriving, 1), Math.max(connections / 2, 1), LARGEST_GROUP);
    groupSize += (next - groupSize) / 2;
    found = closedNetwork(costs, connections, groupSize);
  }
  const { receiveMs, helperMs, clientMs, storeCpuMs, commitCpuMs } = costs;
  const ceiling = (cores * 1000) / (receiveMs + helperMs + clientMs + storeCpuMs + commitCpuMs / groupSize);
  const messagesPerSecond = Math.min(found.messagesPerSecond, ceiling);
  return {
    messagesPerSecond,
    latencyMs: (connections * 1000) / messagesPerSecond,
    groupSize,
    limit:
      messagesPerSecond === ceiling
        ? 'cores'
        : messagesPerSecond > 900 / receiveMs
          ? 'main thread'
          : 'connections',
  };
}

function closedNetwork(
  { receiveMs, helperMs, clientMs, commitMs, storeMs }: StageCosts,
  connections: number,
  groupSize: number,
): { messagesPerSecond: number } {
  const delay = helperMs + clientMs + 1.5 * (commitMs + storeMs * groupSize);
  let queue = 0;
  let messagesPerMs = 0;
  for (let clients = 1; clients <= connections; clients += 1) {
    const wait = receiveMs * (1 + queue);
    messagesPerMs = clients / (wait + delay);
    queue = messagesPerMs * wait;
  }
  return { messagesPerSecond: messagesPerMs * 1000 };
}

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
