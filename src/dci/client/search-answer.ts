import { countOf, isPlain, type Plain, textOf } from './plain.ts';

/** A message that does not answer what was asked; `message` says why, without quoting it. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** An answer with the status `rjct`. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';
  readonly reasonCode: string | undefined;
  readonly reason: string | undefined;

  constructor(source: Plain) {
    super('rejected');
    this.reasonCode = textOf(source.status_reason_code) ?? undefined;
    this.reason = textOf(source.status_reason_message) ?? undefined;
  }
}

/** The registry has the request, and not the answer yet. */
export class PendingError extends Error {
  override readonly name = 'PendingError';
}

export interface Pagination {
  pageSize: number | null;
  pageNumber: number | null;
  totalCount: number | null;
}

/** What a search found. */
export interface SearchAnswer {
  transactionId: string | null;
  correlationId: string | null;
  /** The records as the registry writes them; none where nothing was found. */
  records: readonly Plain[];
  /** Of the (one) request that was made; null where the registry does not say. */
  pagination: Pagination | null;
}

/**
 * Reads a search's answer. Nothing found is an empty list, or one without records; but an answer that does not say what
 * was found is none: a missing death record must not be mistaken for a life.
 *
 * @throws {ShapeError} {@link RejectedError} {@link PendingError}
 */
export function readSearchAnswer(header: Plain, message: Plain): SearchAnswer {
  if (header.status === 'rjct') throw new RejectedError(header);
  const items = message.search_response;
  if (!Array.isArray(items) || !items.every(isPlain)) {
    throw new ShapeError('the answer has no list message.search_response');
  }
  const records: Plain[] = [];
  let pagination: Pagination | null = null;
  for (const item of items) {
    if (item.status === 'rjct') throw new RejectedError(item);
    if ((item.status === 'pdng' || item.status === 'rcvd') && item.data === undefined)
      throw new PendingError();
    records.push(...recordsOf(item.data));
    pagination ??= paginationOf(item.pagination);
  }
  return {
    transactionId: textOf(message.transaction_id),
    correlationId: textOf(message.correlation_id),
    records,
    pagination,
  };
}

/** `data.reg_records` as a list, or the one object that some write; older registries put the list in `data` itself. */
function recordsOf(data: unknown): Plain[] {
  const found = isPlain(data) ? data.reg_records : data;
  if (found === undefined || found === null || found === '') return [];
  if (Array.isArray(found) && found.every(isPlain)) return found.filter(isSomething);
  if (isPlain(found)) return [found].filter(isSomething);
  throw new ShapeError('data.reg_records of the answer is no list of records');
}

const isSomething = (record: Plain) => Object.keys(record).length > 0;

function paginationOf(value: unknown): Pagination | null {
  if (!isPlain(value)) return null;
  return {
    pageSize: countOf(value.page_size),
    pageNumber: countOf(value.page_number),
    totalCount: countOf(value.total_count),
  };
}
