import { batchesOf } from './asker.ts';
import { EarlierAnswers } from './earlier.ts';
import { type Documents, type Screening, Screenings } from './job.ts';
import type { ScreeningPlan } from './plan.ts';
import { readPopulation } from './population.ts';
import { askedKey, readRegistrants } from './registrants.ts';
import type { RunDependencies } from './run-screening.ts';
import type { Pace } from './run-tools.ts';

/** What a screening would take. */
export interface Estimate {
  people: number;
  /** Of them: without an identifier to ask by. */
  noIdentifier: number;
  /** Of them: whose earlier answer is fresh enough. */
  kept: number;
  /** Identifiers that the registry would be asked about. */
  questions: number;
  requests: number;
  /** How long the requests take at the pace of the source, with a second for each answer. */
  seconds: number;
}

/** Milliseconds that an answer is taken to take; nobody knows before asking. */
const ANSWER_SECONDS = 1;

/**
 * Counts what a screening would ask, without asking.
 *
 * @throws {ScreeningError | RegistriesError | OdooError}, or the signal's reason
 */
export async function estimate(
  plan: ScreeningPlan,
  pace: Pace,
  chunkSize: number,
  deps: Pick<RunDependencies, 'client' | 'timing' | 'toolsFor'> & { documents: Documents },
  signal: AbortSignal,
  onProgress: (people: number) => void = () => {},
): Promise<Estimate> {
  const { client, timing, documents } = deps;
  const { kind, reading } = await deps.toolsFor(plan, () => {});
  await kind.assertReady();
  const now = timing.now();
  const people = await readPopulation(client, plan.population, { now, signal, onProgress });
  const earlier =
    plan.maxAgeSeconds === null
      ? null
      : new EarlierAnswers(documents, await new Screenings(documents).list(), { id: '', plan } as Screening);
  const sum = { people: people.size, noIdentifier: 0, kept: 0, questions: 0, requests: 0 };
  for (const chunk of people.chunks(chunkSize)) {
    const registrants = await readRegistrants({ client, ...reading }, chunk, signal);
    const known = earlier && (await earlier.about(chunk));
    const questions: string[] = [];
    for (const { id, identifiers } of registrants.values()) {
      const askedBy = kind.askedBy(identifiers);
      const before = known?.get(id);
      const isFresh = before && (before.askedAt ?? 0) >= now - (plan.maxAgeSeconds ?? 0) * 1000;
      if (askedBy.length === 0) sum.noIdentifier += 1;
      else if (isFresh && kind.mayKeep(before) && before.key === askedKey(id, askedBy)) sum.kept += 1;
      else questions.push(...askedBy.map(({ type }) => type));
    }
    sum.questions += questions.length;
    sum.requests += batchesOf(questions, pace.batchSize).length;
  }
  return { ...sum, seconds: Math.ceil(secondsOf(sum.requests, pace)) };
}

function secondsOf(requests: number, { concurrency, requestsPerSecond }: Pace): number {
  const answered = (requests * ANSWER_SECONDS) / concurrency;
  return Math.max(answered, requestsPerSecond === null ? 0 : requests / requestsPerSecond);
}
