import type { Break } from './broken.ts';
import { brokenInvariants } from './invariants/check.ts';
import type { Plan } from './plan/plan.ts';
import { simulate } from './simulation.ts';

/** Simulations that shrinking one plan may take. */
const BUDGET = 400;

/**
 * Leaves out of a plan whatever it does not need to break the same invariant.
 *
 * @param plan one that breaks it
 * @returns the smallest plan that was found
 */
export async function shrink(plan: Plan, invariant: string, broken: Break | null): Promise<Plan> {
  let left = BUDGET;
  const stillBreaks = async (candidate: Plan) => {
    left -= 1;
    const ended = await simulate(candidate, broken, false);
    return brokenInvariants(ended).some((one) => one.invariant === invariant);
  };
  let smallest = plan;
  for (let before: Plan | null = null; before !== smallest && left > 0; ) {
    before = smallest;
    for (const candidate of simpler(smallest)) {
      if (left <= 0) break;
      if (await stillBreaks(candidate)) {
        smallest = candidate;
        break;
      }
    }
  }
  return smallest;
}

/** Plans that are a little simpler, the largest steps first. */
function* simpler(plan: Plan): Generator<Plan> {
  for (const part of ['faults', 'deeds', 'messages', 'people'] as const) {
    const list: readonly unknown[] = plan[part];
    for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < list.length; from += size) {
        yield { ...plan, [part]: [...list.slice(0, from), ...list.slice(from + size)] };
      }
    }
  }
  for (const [at, message] of plan.messages.entries()) {
    if (message.repeats > 0) yield withMessage(plan, at, { ...message, repeats: 0 });
    if (message.records.length < 2) continue;
    for (const record of message.records) {
      const records = message.records.filter((one) => one !== record);
      yield withMessage(plan, at, { ...message, records });
    }
  }
  for (const [at, person] of plan.people.entries()) {
    const plain = { ...person, memberships: [], inHousehold: false };
    if (person.memberships.length === 0 && !person.inHousehold) continue;
    yield { ...plan, people: plan.people.with(at, plain) };
  }
  if (plan.replicas > 1) yield { ...plan, replicas: plan.replicas - 1 };
  if (plan.concurrency > 1) yield { ...plan, concurrency: plan.concurrency - 1 };
  if (plan.numberTypes) yield { ...plan, numberTypes: false };
  if (plan.face !== 'plain') yield { ...plan, face: 'plain' };
}

function withMessage(plan: Plan, at: number, message: Plan['messages'][number]): Plan {
  return { ...plan, messages: plan.messages.with(at, message) };
}
