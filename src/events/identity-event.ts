import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { type Identifier, VITAL_EVENT_TYPES, type VitalEvent } from './vital-event.ts';

/**
 * Everything that waits in the inbox: the vital events of civil registries, which OpenSPP keeps a row of, and what an
 * identity system says of the numbers that it gives, of which OpenSPP has no row.
 */
export const INBOX_EVENT_TYPES = [...VITAL_EVENT_TYPES, 'identity'] as const;
export type InboxEventType = (typeof INBOX_EVENT_TYPES)[number];

/** What an identity system says of a person's numbers. */
export interface IdentityEvent {
  type: 'identity';
  /** None: the order in which they came is theirs. */
  date: null;
  /** The person's identifiers first, then those that the change is about; none of them empty. */
  identifiers: Identifier[];
}

export type InboxEvent = VitalEvent | IdentityEvent;

/** An event's place in its message: its own where it has one, else that among the message's events. */
export function placeOf(event: InboxEvent, index: number): number {
  return event.type === 'identity' ? index : (event.position ?? index);
}

/** What became of numbers: `issued` to the person, `deactivated` or blocked, or `activated` again. */
const IDENTITY_CHANGES = ['issued', 'deactivated', 'activated'] as const;
export type IdentityChangeKind = (typeof IDENTITY_CHANGES)[number];

/** A change as the inbox keeps it, in the `message` of its body. */
export interface IdentityChange {
  kind: IdentityChangeKind;
  /** The numbers that it is about. */
  ids: Identifier[];
  /** When the identity system said so; milliseconds since the epoch. */
  at: number;
  /** The identity system's word for it, such as `REMOVE_ID`. */
  word: string;
  /** `YYYY-MM-DD`: until when the numbers are good, where the identity system said so. */
  expiresOn: string | null;
  /** `YYYY-MM-DD`: when the person was born, where the identity system said so. */
  bornOn?: string | null;
  /** What says whose they are, where the identity system did not; left out where it did. */
  transaction?: Transaction;
}

/** The transaction that an identity was made in: the birth with one of its numbers says whose the identity is. */
export interface Transaction {
  /** What the identity system calls it; any of them may be the one. */
  numbers: readonly string[];
  /** Types of the birth's identifiers that say who it is. */
  personTypes: readonly string[];
}

/** The `message` of a body that keeps a change, and nothing else of what was sent. */
export function identityMessage({
  kind,
  ids,
  at,
  word,
  expiresOn,
  bornOn = null,
  transaction,
}: IdentityChange): JsonObject {
  return new Map<string, JsonNode>([
    [
      'identity_event',
      new Map<string, JsonNode>([
        ['change', kind],
        ['at', new Date(at).toISOString()],
        ['word', word],
        ['expires_on', expiresOn],
        ...(bornOn === null ? [] : [['born_on', bornOn] as [string, JsonNode]]),
        [
          'ids',
          ids.map(
            ({ type, value }) =>
              new Map([
                ['type', type],
                ['value', value],
              ]),
          ),
        ],
        ...(transaction
          ? [
              [
                'transaction',
                new Map<string, JsonNode>([
                  ['numbers', transaction.numbers],
                  ['person_types', transaction.personTypes],
                ]),
              ] as [string, JsonNode],
            ]
          : []),
      ]),
    ],
  ]);
}

/** Reads what `identityMessage` wrote. @throws {TypeError} for anything else, which only a fault can have put there */
export function readIdentityChange(message: JsonNode): IdentityChange {
  const kept = isJsonObject(message) ? message.get('identity_event') : undefined;
  if (!isJsonObject(kept)) throw new TypeError('a kept identity event has an object');
  const kind = IDENTITY_CHANGES.find((one) => one === kept.get('change'));
  const at = Date.parse(String(kept.get('at')));
  const word = kept.get('word');
  const expiresOn = kept.get('expires_on') ?? null;
  const bornOn = kept.get('born_on');
  const ids = kept.get('ids');
  if (!kind || Number.isNaN(at) || typeof word !== 'string' || !isJsonArray(ids)) {
    throw new TypeError('a kept identity event has a change, a time, a word and ids');
  }
  return {
    kind,
    at,
    word,
    expiresOn: typeof expiresOn === 'string' ? expiresOn : null,
    ids: ids.map((one) => {
      const type = isJsonObject(one) ? one.get('type') : undefined;
      const value = isJsonObject(one) ? one.get('value') : undefined;
      if (typeof type !== 'string' || typeof value !== 'string')
        throw new TypeError('an id has a type and a value');
      return { type, value };
    }),
    ...(typeof bornOn === 'string' ? { bornOn } : {}),
    ...transactionIn(kept.get('transaction')),
  };
}

function transactionIn(node: JsonNode | undefined): Pick<IdentityChange, 'transaction'> {
  if (node === undefined || !isJsonObject(node)) return {};
  const texts = (name: string) => {
    const list = node.get(name);
    return isJsonArray(list) ? list.filter((one) => typeof one === 'string') : [];
  };
  return { transaction: { numbers: texts('numbers'), personTypes: texts('person_types') } };
}
