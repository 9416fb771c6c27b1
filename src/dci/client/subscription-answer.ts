import { hasStatus } from './answer-status.ts';
import { RejectedError, ShapeError } from './errors-of-answers.ts';
import { isPlain, type Plain, textOf } from './plain.ts';

/** A subscription as the registry keeps it. */
export interface Subscription {
  /** By which it is ended. */
  code: string;
  /** `subscribe` or `unsubscribe` in the specification; as sent. */
  status: string | null;
  regEventType: string | null;
  /** ISO 8601, where the registry says when it ends. */
  endsAt: string | null;
}

/** @throws {ShapeError} {@link RejectedError} */
export function readSubscriptions(header: Plain, message: Plain): Subscription[] {
  if (hasStatus(header.status, 'refused')) throw new RejectedError(header);
  const items = message.subscribe_response;
  if (!Array.isArray(items) || !items.every(isPlain)) {
    throw new ShapeError('the answer has no list message.subscribe_response');
  }
  return items.flatMap((item) => {
    if (hasStatus(item.status, 'refused')) throw new RejectedError(item);
    // OpenSPP's own server has one code beside the status, and no list.
    if (!Array.isArray(item.subscriptions)) return subscription({ ...item, code: item.subscription_code });
    return item.subscriptions.filter(isPlain).flatMap(subscription);
  });
}

/** Where a registry says when a subscription ends; only the first is in the specification. */
function endOf(value: Plain): string | null {
  const frequency = isPlain(value.frequency) ? value.frequency : {};
  const texts = [frequency.end_time, value.expires_at, value.expires, value.end_time].map(textOf);
  return texts.find((text) => text !== null && !Number.isNaN(Date.parse(text))) ?? null;
}

function subscription(value: Plain): Subscription[] {
  const code = textOf(value.code);
  if (code === null) return [];
  return [
    {
      code,
      status: textOf(value.status),
      regEventType: textOf(value.reg_event_type),
      endsAt: endOf(value),
    },
  ];
}

/** What became of subscriptions that were to end. */
export interface Unsubscribed {
  /** `succ`, `pdng` or `rcvd`; as sent. */
  status: string | null;
  codes: readonly { code: string; status: string | null }[];
}

/** @throws {ShapeError} {@link RejectedError} */
export function readUnsubscribed(header: Plain, message: Plain): Unsubscribed {
  for (const source of [header, message])
    if (hasStatus(source.status, 'refused')) throw new RejectedError(source);
  const { subscription_status: list } = message;
  const status = message.status ?? statusOfAll(message.unsubscribe_response);
  if (textOf(status) === null && !Array.isArray(list)) {
    throw new ShapeError('the answer has neither message.status nor message.subscription_status');
  }
  return {
    status: textOf(status),
    codes: (Array.isArray(list) ? list.filter(isPlain) : []).flatMap((one) => {
      const code = textOf(one.code);
      return code === null ? [] : [{ code, status: textOf(one.status) }];
    }),
  };
}

/** OpenSPP's own server answers for each code apart. @throws {RejectedError} where it refuses one */
function statusOfAll(parts: unknown): unknown {
  if (!Array.isArray(parts)) return undefined;
  for (const part of parts.filter(isPlain))
    if (hasStatus(part.status, 'refused')) throw new RejectedError(part);
  return parts.find(isPlain)?.status;
}

/** How far a transaction got. */
export interface TransactionStatus {
  /** `search`, `subscribe` or `unsubscribe`; as sent. */
  type: string | null;
  /** `rcvd`, `pdng`, `succ` or `rjct`, of the transaction as a whole; null where only its parts have one. */
  status: string | null;
  /** `txn_status` as the registry wrote it: in the specification the answer to the transaction itself. */
  detail: unknown;
}

/** @throws {ShapeError} {@link RejectedError} */
export function readTransactionStatus(header: Plain, message: Plain): TransactionStatus {
  const response = message.txnstatus_response;
  if (!isPlain(response)) {
    if (hasStatus(header.status, 'refused')) throw new RejectedError(header);
    throw new ShapeError('the answer has no message.txnstatus_response');
  }
  const detail = response.txn_status;
  return {
    type: textOf(response.txn_type),
    status: textOf(detail) ?? (isPlain(detail) ? statusOf(detail) : null) ?? textOf(header.status),
    detail,
  };
}

/** The status of an answer: its own, or the one that all its parts share. */
function statusOf(answer: Plain): string | null {
  const own = textOf(answer.status);
  if (own !== null) return own;
  const parts = [answer.search_response, answer.subscribe_response].find(Array.isArray) ?? [];
  const all = new Set(parts.map((part: unknown) => (isPlain(part) ? textOf(part.status) : null)));
  return all.size === 1 ? ([...all][0] ?? null) : null;
}
