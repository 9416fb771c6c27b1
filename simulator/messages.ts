import type { VitalEventType } from '../src/events/vital-event.ts';
import { numberOf, type PlannedMessage, type PlannedRecord } from './plan/plan.ts';

/** What registries call their registration numbers. */
export const NUMBER_TYPES: Readonly<Record<VitalEventType, string>> = {
  birth: 'BRN',
  death: 'DRN',
  marriage: 'MRN',
  divorce: 'MRN',
};

/** The text of a message: in OpenSPP's dialect where it has one record, in SPDCI's where it has more. */
export function bodyOf({ id, sender, records }: PlannedMessage): string {
  const [first] = records;
  const message = records.length === 1 && first ? opensppMessage(first) : spdciMessage(records);
  const header = {
    version: '1.0.0',
    message_id: id,
    message_ts: '2026-03-01T08:00:00Z',
    action: 'notify',
    sender_id: sender,
  };
  return JSON.stringify({ signature: '', header: { ...header, receiver_id: 'openspp' }, message });
}

function identifiersOf({
  person,
  type,
  number,
  numberFirst,
}: PlannedRecord): { type: string; value: string }[] {
  const own = { type: 'UIN', value: numberOf(person) };
  if (number === null) return [own];
  const registered = { type: NUMBER_TYPES[type], value: number };
  return numberFirst ? [registered, own] : [own, registered];
}

function opensppMessage(record: PlannedRecord): object {
  return { event_type: record.type, event_date: record.date, identifiers: identifiersOf(record) };
}

function spdciMessage(records: readonly PlannedRecord[]): object {
  const identifier = (record: PlannedRecord) =>
    identifiersOf(record).map(({ type, value }) => ({ identifier_type: type, identifier_value: value }));
  return {
    transaction_id: 't-1',
    notify_event: records.map((record) => ({
      event_type: 'notify',
      data: {
        reg_event_type: record.type,
        reg_records: [{ [`${record.type}_date`]: record.date, identifier: identifier(record) }],
      },
    })),
  };
}
