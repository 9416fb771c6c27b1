import {
  type AskedRegistry,
  digestOf,
  foundMessage,
  readRecord,
  UnreadableRecordError,
} from '../backfill/record-message.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { TimeZone } from '../events/time-zone.ts';
import type { VitalEvent } from '../events/vital-event.ts';
import type { NewMessage } from '../inbox/inbox.ts';
import type { SentIdentifier } from '../registries/registrant-identifiers.ts';

/** A death that is to be filed. */
export interface PendingDeath {
  /** `res.partner`. */
  id: number;
  /** By which it was found. */
  identifier: SentIdentifier;
  /** `YYYY-MM-DD`. */
  date: string | null;
  /** As the registry writes it. */
  record: Plain;
}

/**
 * The message under which a death that a screening found is kept in the inbox: what the registry would have notified. It
 * is read by the same code and applied by the same rules.
 *
 * Its `message_id` is made of what the bridge acts on (source, date, identifiers): found again, by this or a later
 * screening, it is the same message.
 *
 * @param source the code of the source
 * @param now milliseconds since the epoch
 */
export function deathMessage(
  death: PendingDeath,
  source: string,
  registry: AskedRegistry,
  now: number,
): NewMessage {
  const { data, event } = found(death, registry.zone);
  const id = `screening-${digestOf(source, event, (data.reg_records as Plain[])[0] ?? {})}`;
  return foundMessage({ id, data, events: [event], meta: { screening: { source } } }, registry, now);
}

/**
 * The registry's record, or where it cannot be read like a notification's, what the screening read in it. Both carry the
 * date that is reported, and the identifier that was asked by: a registry need not repeat it, and matching goes by it.
 */
function found(death: PendingDeath, zone?: TimeZone | null): { data: Plain; event: VitalEvent } {
  const { identifier, date, record } = death;
  try {
    const data = dataOf(record);
    const event = readRecord(data, zone).events[0];
    const isWhole =
      event.date === date &&
      event.identifiers.some(({ type, value }) => type === identifier.type && value === identifier.value);
    if (isWhole) return { data, event };
    const whole = dataOf({
      ...record,
      death_date: date ?? '',
      identifier: [
        ...event.identifiers.map(({ type, value }) => written({ type, value })),
        written(identifier),
      ],
    });
    return { data: whole, event: readRecord(whole, zone).events[0] };
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error;
    const data = dataOf({ identifier: [written(identifier)], death_date: date ?? '' });
    return { data, event: readRecord(data).events[0] };
  }
}

const dataOf = (record: Plain): Plain => ({
  reg_event_type: 'DEATH',
  reg_record_type: 'Person',
  reg_records: [record],
});

const written = ({ type, value }: { type: string; value: string }) => ({
  identifier_type: type,
  identifier_value: value,
});
