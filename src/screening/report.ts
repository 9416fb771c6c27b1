import { readChunk } from './chunk.ts';
import { csvLine } from './csv.ts';
import type { Documents, Screening } from './job.ts';
import type { ScreeningKind } from './plan.ts';
import type { Outcome, Result } from './result.ts';

type Reading = Pick<Documents, 'getDocument'>;

/**
 * Every registrant of a screening exactly once, ascending by id, a chunk in memory at a time. Who was not asked yet is
 * `not_known`.
 *
 * @param after only those with a higher id
 */
export async function* resultsOf(
  documents: Reading,
  { id, chunks }: Pick<Screening, 'id' | 'chunks'>,
  after = 0,
): AsyncGenerator<Result, void, void> {
  for (let number = 0; number < (chunks ?? 0); number++) {
    const read = await readChunk(documents, id, number);
    const { people = [], results = null } = read?.chunk ?? {};
    if ((people.at(-1) ?? 0) <= after) continue;
    const all = results ?? people.map((one): Result => ({ id: one, ...NOT_ASKED }));
    for (const result of all) if (result.id > after) yield result;
  }
}

const NOT_ASKED = {
  outcome: 'not_known',
  reason: 'not_asked',
  detail: 'the screening has not come this far',
} as const;

type Column = readonly [name: string, value: (result: Result) => string];

const time = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());

const FIRST: readonly Column[] = [
  ['registrant_id', ({ id }) => String(id)],
  ['answer', ({ outcome }) => outcome],
  ['reason', ({ reason = '' }) => reason],
];
const LAST: readonly Column[] = [
  ['asked_at', ({ askedAt }) => time(askedAt)],
  ['taken_over', ({ kept }) => (kept ? 'yes' : 'no')],
  ['effect', ({ effect = '' }) => effect],
  ['detail', ({ detail = '' }) => detail],
];
const OWN: Readonly<Record<ScreeningKind, readonly Column[]>> = {
  deaths: [
    ['death_date', ({ date = '' }) => date],
    ['death_number', ({ number = '' }) => number],
  ],
  duplicates: [['programs', ({ programs = [] }) => programs.join(' | ')]],
  disability: [],
};

/** The byte order mark by which spreadsheets know UTF-8. */
export const BOM = '\uFEFF';

/** The report as CSV, line by line: one header line, then one for each registrant. */
export async function* csvReport(
  documents: Reading,
  screening: Screening,
): AsyncGenerator<string, void, void> {
  const columns = [...FIRST, ...OWN[screening.plan.kind], ...LAST];
  yield csvLine(columns.map(([name]) => name));
  for await (const result of resultsOf(documents, screening)) {
    yield csvLine(columns.map(([, value]) => value(result)));
  }
}

/** A registrant in the JSON of a report. */
export interface ReportEntry extends Omit<Result, 'id' | 'askedAt' | 'key' | 'kept'> {
  /** `res.partner`. */
  registrantId: number;
  /** ISO 8601; null where nobody asked. */
  askedAt: string | null;
  takenOver: boolean;
}

/** A result as the report shows it. */
export function entryOf({ id, askedAt, key: _key, kept, ...rest }: Result): ReportEntry {
  return {
    registrantId: id,
    ...rest,
    askedAt: askedAt === undefined ? null : time(askedAt),
    takenOver: kept === true,
  };
}

/** The report as JSON, `{"screening": …, "registrants": […]}`, in parts. */
export async function* jsonReport(
  documents: Reading,
  screening: Screening,
): AsyncGenerator<string, void, void> {
  yield `{"screening":${JSON.stringify(screening)},"registrants":[`;
  let separator = '\n';
  for await (const result of resultsOf(documents, screening)) {
    yield `${separator}${JSON.stringify(entryOf(result))}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** A page of a report. */
export interface ReportPage {
  results: Result[];
  /** After whom the next page begins; null where this is the last one. */
  next: number | null;
}

/** Registrants that are looked through for one page: nobody waits for a page over millions. */
const LOOKED_THROUGH = 20_000;

/**
 * The next registrants with an outcome. A page may be short, or empty, where they are rare; `next` then goes on from
 * where it stopped looking.
 *
 * @param outcome null for any
 * @param after those with a higher id
 */
export async function reportPage(
  documents: Reading,
  screening: Screening,
  { outcome, after, limit }: { outcome: Outcome | null; after: number; limit: number },
): Promise<ReportPage> {
  const results: Result[] = [];
  let looked = 0;
  let last = after;
  for await (const result of resultsOf(documents, screening, after)) {
    if (results.length === limit || looked === LOOKED_THROUGH) return { results, next: last };
    looked += 1;
    last = result.id;
    if (outcome === null || result.outcome === outcome) results.push(result);
  }
  return { results, next: null };
}
