import { randomUUID } from 'node:crypto';
import { isPrintable } from '../../lib/text.ts';
import type { Dialect } from './dialect.ts';
import { type Query, QueryError, type SearchOptions } from './query.ts';

/** The `message` of a request, with the `transaction_id` that its answer will name. */
export interface RequestMessage {
  transactionId: string;
  message: Record<string, unknown>;
}

const LOCALE = 'eng';
const MAX_TEXT = 1000;

/** A search (SPDCI `SearchRequest`) with one request in it. @throws {QueryError} */
export function searchMessage(
  dialect: Dialect,
  regType: string | undefined,
  query: Query,
  options: SearchOptions,
  now: number,
  transactionId: string = randomUUID(),
): RequestMessage {
  const request = searchRequest(dialect, regType, query, options, now);
  return { transactionId, message: { transaction_id: transactionId, search_request: [request] } };
}

/** The `message` of a search for many. */
export interface ManyMessage extends RequestMessage {
  /** The `reference_id`s in it, and the caller's references that they are for. */
  sent: ReadonlyMap<string, string>;
  /** The caller's references of those that this registry cannot be asked, and why. */
  refused: ReadonlyMap<string, QueryError>;
}

/** A search with a request for each query. What cannot be asked is left out: it must not keep the others waiting. */
export function searchManyMessage(
  dialect: Dialect,
  regType: string | undefined,
  queries: ReadonlyMap<string, Query>,
  options: SearchOptions,
  now: number,
): ManyMessage {
  const sent = new Map<string, string>();
  const refused = new Map<string, QueryError>();
  const requests: Record<string, unknown>[] = [];
  for (const [reference, query] of queries) {
    try {
      const request = searchRequest(dialect, regType, query, options, now);
      sent.set(request.reference_id, reference);
      requests.push(request);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      refused.set(reference, error);
    }
  }
  const transactionId = randomUUID();
  const message = { transaction_id: transactionId, search_request: requests };
  return { transactionId, message, sent, refused };
}

/** One of the requests of a search. @throws {QueryError} */
function searchRequest(
  dialect: Dialect,
  regType: string | undefined,
  query: Query,
  options: SearchOptions,
  now: number,
) {
  checkQuery(query);
  const page = bounded(options.page ?? 1, 1_000_000, 'page');
  const size = bounded(options.pageSize ?? 10, 1000, 'page size');
  return {
    reference_id: randomUUID() as string,
    timestamp: new Date(now).toISOString(),
    search_criteria: {
      version: '1.0.0',
      ...dialect.criteria(query, options, regType),
      pagination: { page_size: size, page_number: page },
    },
    locale: LOCALE,
  };
}

export interface SubscribeOptions {
  /** Such as `BIRTH` or `spdci-common:RegistryEventType:LiveBirth`. */
  regEventType: string;
  /** The kind of record that notifications are to carry; `Person` where left out. */
  notifyRecordType?: string | undefined;
  /** Whom it is about; everybody where left out. */
  filter?: { type: string; value: string } | undefined;
  regType?: string | undefined;
  /** A new one where left out. */
  transactionId?: string | undefined;
}

/** A subscription (SPDCI `SubscribeRequest`). @throws {QueryError} */
export function subscribeMessage(options: SubscribeOptions, now: number): RequestMessage {
  const { regEventType, notifyRecordType = 'Person', filter = { type: '*', value: '*' }, regType } = options;
  checkText(regEventType, 'the event type');
  const { transactionId = randomUUID() } = options;
  return {
    transactionId,
    message: {
      transaction_id: transactionId,
      subscribe_request: [
        {
          reference_id: randomUUID(),
          timestamp: new Date(now).toISOString(),
          subscribe_criteria: {
            version: '1.0.0',
            ...(regType ? { reg_type: regType } : {}),
            reg_event_type: regEventType,
            filter,
            notify_record_type: notifyRecordType,
          },
          locale: LOCALE,
        },
      ],
    },
  };
}

/**
 * The end of subscriptions (SPDCI `UnSubscribeRequest`).
 *
 * @param olderSpelling writes `subscription_code`, which OpenSPP's own server reads
 * @throws {QueryError}
 */
export function unsubscribeMessage(
  codes: readonly string[],
  now: number,
  olderSpelling = false,
  transactionId: string = randomUUID(),
): RequestMessage {
  if (codes.length === 0) throw new QueryError('name at least one subscription code');
  for (const code of codes) checkText(code, 'a subscription code', 99);
  return {
    transactionId,
    message: {
      transaction_id: transactionId,
      timestamp: new Date(now).toISOString(),
      [olderSpelling ? 'subscription_code' : 'subscription_codes']: [...codes],
    },
  };
}

/** What a transaction is known by. */
export interface TransactionQuery {
  /** What was asked then. */
  type: 'search' | 'subscribe' | 'unsubscribe';
  by: 'transaction_id' | 'correlation_id' | 'reference_id_list' | 'subscription_code_list';
  /** One id, or several for the lists. */
  value: string | readonly string[];
}

/** A question after a transaction (SPDCI `TxnStatusRequest`). @throws {QueryError} */
export function statusMessage({ type, by, value }: TransactionQuery): RequestMessage {
  const values = typeof value === 'string' ? [value] : value;
  if (by.endsWith('_list') === (typeof value === 'string')) {
    throw new QueryError(`a transaction is asked for by one id, or by a list of them for ${by}`);
  }
  if (values.length === 0) throw new QueryError('name at least one id');
  for (const one of values) checkText(one, 'an id', 99);
  const transactionId = randomUUID();
  return {
    transactionId,
    message: {
      transaction_id: transactionId,
      txnstatus_request: {
        reference_id: randomUUID(),
        txn_type: type,
        attribute_type: by,
        attribute_value: value,
        locale: LOCALE,
      },
    },
  };
}

function checkQuery(query: Query): void {
  if (query.kind === 'identifier') {
    checkText(query.type, 'the identifier type');
    checkText(query.value, 'the identifier');
  } else if (query.kind === 'date-range') {
    for (const date of [query.from, query.to]) {
      if (!/^\d{4}-\d\d-\d\d(T|$)/.test(date) || Number.isNaN(Date.parse(date))) {
        throw new QueryError('a date range has two dates, as YYYY-MM-DD or as date-times with a zone');
      }
    }
    if (Date.parse(query.from) > Date.parse(query.to))
      throw new QueryError('a date range ends before it begins');
  } else if (query.kind === 'expression' && Object.keys(query.value).length === 0) {
    // It would ask for the whole registry.
    throw new QueryError('an expression must not be empty');
  }
}

function checkText(text: string, what: string, longest = MAX_TEXT): void {
  if (typeof text !== 'string' || text.trim() === '') throw new QueryError(`${what} must not be empty`);
  if (text.length > longest) throw new QueryError(`${what} must have at most ${longest} characters`);
  if (!isPrintable(text)) {
    throw new QueryError(`${what} must not have control characters`);
  }
}

function bounded(value: number, most: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw new QueryError(`the ${what} must be a whole number from 1 to ${most}`);
}
