import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: of what is done between the socket and the acknowledgement. */
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Seconds: of calls and batches. */
const CALLS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
/** Seconds: from the receipt of an event to its outcome; up to a week. */
const AGES = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400, 604_800];
/** Messages in a commit, events in a batch. */
const GROUPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** The end of each help text: nothing is summed over processes or restarts. */
const SCOPE = ' Of this process, since its start.';

/** Of prom-client's own: gauges whose names end as those of counters do, and lists of what is open. */
const UNWANTED = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

/** The metrics that are counted as things happen, all of this process alone, and the registry that prints them. */
export class Metrics {
  readonly registry = new Registry();
  readonly notifications = this.#counter(
    'crvs_bridge_notifications_total',
    'Messages by sender, registered or configured (others: unknown), dialect (unknown: refused unread; none: no events), outcome (accepted, repeated, refused, failed) and the code of the refusal.',
    ['sender', 'dialect', 'outcome', 'code'],
  );
  readonly signatureRefusals = this.#counter(
    'crvs_bridge_signature_refusals_total',
    'Signatures refused, by registered sender (others: unknown) and reason.',
    ['sender', 'reason'],
  );
  readonly verify = this.#histogram(
    'crvs_bridge_verify_duration_seconds',
    'Verifying who sent a message, with the wait for keys that had to be fetched.',
    QUICK,
  );
  readonly commit = this.#histogram(
    'crvs_bridge_commit_duration_seconds',
    'From handing a message to the inbox to its commit.',
    QUICK,
  );
  readonly ack = this.#histogram(
    'crvs_bridge_ack_duration_seconds',
    'From the headers of a message to its acknowledgement, without the wait that a client prefers.',
    QUICK,
  );
  readonly groupSize = this.#histogram(
    'crvs_bridge_inbox_commit_group_messages',
    'Messages that shared one commit.',
    GROUPS,
  );
  readonly groupCommit = this.#histogram(
    'crvs_bridge_inbox_commit_group_duration_seconds',
    'One commit of the inbox, fsync included.',
    QUICK,
  );
  readonly commitFailures = this.#counter(
    'crvs_bridge_inbox_commit_failures_total',
    'Commits of messages that failed: their senders got 503.',
  );
  readonly deliveryAge = this.#histogram(
    'crvs_bridge_delivery_age_seconds',
    'Age of events when they were settled, from the receipt of their message, by outcome.',
    AGES,
    ['outcome'],
  );
  readonly attempts = this.#counter(
    'crvs_bridge_delivery_attempts_total',
    'Attempts to deliver an event, by outcome (processed, error, released, dead) and the code of the reason.',
    ['outcome', 'reason'],
  );
  readonly batchSize = this.#histogram(
    'crvs_bridge_delivery_batch_events',
    'Events in a batch, whatever became of it.',
    GROUPS,
  );
  readonly batchDuration = this.#histogram(
    'crvs_bridge_delivery_batch_duration_seconds',
    'From taking a batch out of the inbox to settling it.',
    CALLS,
  );
  readonly odooCalls = this.#histogram(
    'crvs_bridge_odoo_call_duration_seconds',
    'Calls of Odoo, by model, method and outcome (ok, aborted, or the code of the failure).',
    CALLS,
    ['model', 'method', 'outcome'],
  );
  readonly jwksFetches = this.#counter(
    'crvs_bridge_jwks_fetches_total',
    'Fetches of the keys of registered senders, by result (ok, or the code of the failure).',
    ['sender', 'result'],
  );
  readonly registryStrangers = this.#counter(
    'crvs_bridge_registry_strangers_total',
    'Answers of registries with records of other people than the one asked about, by source. None of those records is believed.',
    ['source'],
  );
  readonly mosipUncorrelated = this.#counter(
    'crvs_bridge_mosip_uncorrelated_total',
    'Credentials of MOSIP that do not say whose they are, and whose transaction is not known: nobody got their number.',
  );
  readonly lateLooked = this.#counter(
    'crvs_bridge_late_matches_looked_total',
    'Events in error that were matched again.',
  );
  readonly lateMatched = this.#counter(
    'crvs_bridge_late_matches_total',
    'Events in error whose registrant turned up, so that they were delivered again.',
  );

  /** @param info labels of `crvs_bridge_info` */
  constructor(info: Readonly<Record<'version' | 'role' | 'node', string>>) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of UNWANTED) this.registry.removeSingleMetric(name);
    new Gauge({
      name: 'crvs_bridge_info',
      help: 'Always 1; what runs here.',
      labelNames: Object.keys(info),
      registers: [this.registry],
    }).set(info, 1);
    // There from the start, so that a first failure is seen as a rise.
    for (const outcome of ['processed', 'error']) this.deliveryAge.zero({ outcome });
  }

  #counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help: `${help}${SCOPE}`, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help: `${help}${SCOPE}`, buckets, labelNames, registers: [this.registry] });
  }
}
