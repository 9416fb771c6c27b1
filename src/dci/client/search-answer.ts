import { type AnswerStatus, answerStatus } from './answer-status.ts';
import { PendingError, RejectedError, ShapeError } from './errors-of-answers.ts';
import { countOf, isPlain, type Plain, textOf } from './plain.ts';

export interface Pagination {
  pageSize: number | null;
  pageNumber: number | null;
  totalCount: number | null;
}

/** What one request of a search found. */
export interface Found {
  /** The records as the registry writes them; none where nothing was found. */
  records: readonly Plain[];
  /** Null where the registry does not say. */
  pagination: Pagination | null;
}

/** What a search found. */
export interface SearchAnswer extends Found {
  transactionId: string | null;
  correlationId: string | null;
}

/** How a registry's answers differ from the specification's. */
export interface AnswerForm {
  /**
   * Whether `search_response` leaves out the requests that found nothing, as OpenCRVS's DCI API does. Such an answer
   * says so by a header whose status is success.
   */
  omitsEmpty?: boolean | undefined;
}

/**
 * Reads the answer to a search of one request. Nothing found is a success with an empty list of records: an answer that
 * does not say plainly what was found is none, since a missing death record must not be mistaken for a life.
 *
 * @throws {ShapeError} which names the member that cannot be read
 * @throws {RejectedError} {@link PendingError}
 */
export function readSearchAnswer(header: Plain, message: Plain, form: AnswerForm = {}): SearchAnswer {
  const items = itemsOf(header, message);
  if (items.length === 0 && !saysNothing(header, [], form)) {
    throw new ShapeError('message.search_response is empty: it says neither a status nor what was found');
  }
  const found = items.map(({ item, place }) => foundIn(header, item, place));
  return {
    transactionId: textOf(message.transaction_id),
    correlationId: textOf(message.correlation_id),
    records: found.flatMap(({ records }) => records),
    pagination: found.find(({ pagination }) => pagination !== null)?.pagination ?? null,
  };
}

/** What one request of a search found, or why that is not known. */
export type FoundOrNot = Found | ShapeError | RejectedError | PendingError;

/**
 * Reads the answer to a search of several requests, each by its own `reference_id`: one that is missing, or there
 * twice, is no answer.
 *
 * @param references of all requests that were made
 * @throws {ShapeError | RejectedError} where the answer as a whole cannot be used
 */
export function readSearchAnswers(
  header: Plain,
  message: Plain,
  references: readonly string[],
  form: AnswerForm = {},
): Map<string, FoundOrNot> {
  const byReference = new Map<string, { item: Plain; place: string }[]>();
  const items = itemsOf(header, message);
  for (const one of items) {
    const reference = textOf(one.item.reference_id) ?? '';
    byReference.set(reference, [...(byReference.get(reference) ?? []), one]);
  }
  const read = new Map<string, FoundOrNot>();
  for (const reference of references) {
    const own = byReference.get(reference) ?? [];
    const [first] = own;
    if (own.length > 1) {
      read.set(reference, new ShapeError('message.search_response has two answers with one reference_id'));
    } else if (first)
      read.set(
        reference,
        attempt(() => foundIn(header, first.item, first.place)),
      );
  }
  const isWhole = [...byReference.keys()].every((reference) => read.has(reference));
  const others = [...read.values()];
  for (const reference of references) {
    if (read.has(reference)) continue;
    read.set(
      reference,
      isWhole && saysNothing(header, others, form)
        ? { records: [], pagination: null }
        : new ShapeError('message.search_response has no answer with the reference_id of this request'),
    );
  }
  return read;
}

/**
 * Whether requests that are left out found nothing: only where the registry leaves those out, its header is a success,
 * and all that it counts is there.
 */
function saysNothing(header: Plain, others: readonly FoundOrNot[], { omitsEmpty = false }: AnswerForm) {
  if (!omitsEmpty || answerStatus(header.status, 'header.status') !== 'success') return false;
  const there = others.map((one) => ('records' in one ? one.records.length : Number.NaN));
  return countOf(header.total_count) === there.reduce((sum, count) => sum + count, 0);
}

function attempt(read: () => Found): FoundOrNot {
  try {
    return read();
  } catch (error) {
    if (error instanceof ShapeError || error instanceof RejectedError || error instanceof PendingError)
      return error;
    throw error;
  }
}

function itemsOf(header: Plain, message: Plain): { item: Plain; place: string }[] {
  if (answerStatus(header.status, 'header.status') === 'refused') throw new RejectedError(header);
  const items = message.search_response;
  if (!Array.isArray(items) || !items.every(isPlain)) {
    throw new ShapeError('the answer has no list message.search_response');
  }
  return items.map((item, at) => ({ item, place: `message.search_response[${at}]` }));
}

/** @throws {ShapeError} {@link RejectedError} {@link PendingError} */
function foundIn(header: Plain, item: Plain, place: string): Found {
  const status = statusOf(header, item, place);
  if (status === 'refused') throw new RejectedError(item);
  if (status === 'pending') throw new PendingError();
  return { records: recordsOf(item.data, `${place}.data`), pagination: paginationOf(item.pagination) };
}

/** Its own, else the header's; a pending header with a part of the answer is none. */
function statusOf(header: Plain, item: Plain, place: string): AnswerStatus {
  const status = answerStatus(item.status, `${place}.status`) ?? answerStatus(header.status, 'header.status');
  if (status !== null) return status;
  throw new ShapeError(`${place}.status is missing: without it nobody can say whether the search succeeded`);
}

const RECORDS = ['reg_records', 'records', 'reg_record'] as const;

/**
 * `data.reg_records` and its other spellings, as a list or the one object that some write; older registries put the
 * list in `data` itself.
 */
function recordsOf(data: unknown, place: string): Plain[] {
  if (Array.isArray(data)) return listOf(data, place);
  if (!isPlain(data))
    throw new ShapeError(`${place} is missing, or no object: it says nothing of what was found`);
  const named = RECORDS.filter((name) => data[name] !== undefined && data[name] !== null);
  if (named.length === 0)
    throw new ShapeError(`${place} has no reg_records: an empty list is "nothing found"`);
  return named.flatMap((name) => listOf(data[name], `${place}.${name}`));
}

function listOf(value: unknown, place: string): Plain[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((one, at) => {
    if (isPlain(one) && Object.values(one).some((member) => member !== null)) return one;
    const which = Array.isArray(value) ? `${place}[${at}]` : place;
    throw new ShapeError(`${which} is no record: expected an object with members`);
  });
}

function paginationOf(value: unknown): Pagination | null {
  if (!isPlain(value)) return null;
  return {
    pageSize: countOf(value.page_size),
    pageNumber: countOf(value.page_number),
    totalCount: countOf(value.total_count),
  };
}
