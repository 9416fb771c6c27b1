import { join } from 'node:path';
import { Child } from '../lib/child.ts';
import { progress } from '../lib/progress.ts';
import { makeRegistrants, newUins, type Registrant } from '../lib/registrants.ts';
import { serviceFlags } from '../lib/service-flags.ts';
import type { Target } from '../lib/target.ts';
import type { DelivererQuestions, Delivery, Way } from './deliverer-child.ts';
import { fillInbox } from './inbox.ts';
import { announcements } from './message.ts';
import type { SingleEvent } from './one-by-one.ts';
import { type Mix, type PlannedEvent, planEvents } from './plan.ts';

/** A way of delivering, as the comparison has it. */
export interface Contender {
  name: 'a1' | 'a4' | 'b1' | 'b4' | 'c';
  title: string;
}

/** Those that are compared, in their order. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'a1', title: '(a) seven calls an event, 1 caller' },
  { name: 'a4', title: '(a) seven calls an event, 4 callers' },
  { name: 'b1', title: '(b) create and process_event, 1 caller' },
  { name: 'b4', title: '(b) create and process_event, 4 callers' },
  { name: 'c', title: '(c) the bridge' },
];

export interface RoundOptions {
  events: number;
  registrants: number;
  mix: Mix;
  dates: number;
  sampleA: number;
  sampleB: number;
  batchSize: number | null;
  concurrency: number | null;
  withNumbers: boolean;
  timeoutMs: number;
  profile: string | null;
}

/** What the bridge delivered in a round, so that it can be looked at afterwards. */
export interface Delivered {
  prefix: string;
  registrants: Registrant[];
  plan: PlannedEvent[];
  receivedAt: number;
}

/** Longest that one delivery may take. */
export const TIMEOUT_MS = 3_600_000;

/**
 * One round: everybody delivers, one after another, each other events of other registrants.
 *
 * @param label for the progress line
 */
export async function runRound(
  target: Target,
  folder: string,
  options: RoundOptions,
  label: string,
): Promise<{ deliveries: Map<string, Delivery>; delivered: Delivered }> {
  const samples = { a1: options.sampleA, a4: options.sampleA, b1: options.sampleB, b4: options.sampleB };
  const sampled = Object.values(samples).reduce((sum, size) => sum + size, 0);
  const { prefix, uins } = newUins(Math.max(options.registrants, options.events + sampled));
  const people = await makeRegistrants(target.admin, uins, (done) =>
    progress(`${label}: making registrants`, { done, total: uins.length }),
  );
  const receivedAt = Date.now();
  const deliveries = new Map<string, Delivery>();
  for (const [name, size] of Object.entries(samples)) {
    const registrants = people.splice(people.length - size, size);
    progress(`${label}: ${CONTENDERS.find((one) => one.name === name)?.title}`);
    const plan = planEvents(registrants, { ...options, events: size, pairs: false });
    deliveries.set(
      name,
      await deliver(target, options, {
        kind: name.startsWith('a') ? 'seven-calls' : 'process-event',
        callers: name.endsWith('4') ? 4 : 1,
        events: announcements(plan, prefix, options.withNumbers, receivedAt).map(singleEvent),
      }),
    );
  }
  progress(`${label}: ${CONTENDERS.at(-1)?.title}`);
  const plan = planEvents(people, { ...options, pairs: true });
  const inboxPath = join(folder, prefix, 'inbox.db');
  await fillInbox(inboxPath, announcements(plan, prefix, options.withNumbers, receivedAt));
  const { events, batchSize, concurrency } = options;
  deliveries.set(
    'c',
    await deliver(target, options, { kind: 'bridge', inboxPath, events, batchSize, concurrency }),
  );
  return { deliveries, delivered: { prefix, registrants: people, plan, receivedAt } };
}

/** Delivers in a process of its own. */
export async function deliver(
  target: Target,
  { profile, timeoutMs }: Pick<RoundOptions, 'profile' | 'timeoutMs'>,
  way: Way,
): Promise<Delivery> {
  const child = new Child<DelivererQuestions>(
    new URL('./deliverer-child.ts', import.meta.url),
    way.kind === 'bridge' ? { profile, nodeFlags: serviceFlags() } : {},
  );
  try {
    return await child.ask('deliver', { access: target.bridge, way }, timeoutMs);
  } finally {
    await child.end();
  }
}

/** What is prepared before the clock starts. */
function singleEvent({ body, events }: ReturnType<typeof announcements>[number]): SingleEvent {
  const [event] = events;
  const identifier = event?.identifiers[0];
  const { header, message } = JSON.parse(body);
  if (!event || !identifier || event.type === 'identity') {
    throw new Error('an announcement has a vital event with an identifier');
  }
  return {
    type: event.type,
    date: event.date ?? '',
    identifierType: identifier.type,
    identifierValue: identifier.value,
    rawData: JSON.stringify({ header, message }, null, 2),
  };
}
