import type { JsonObject } from '../dci/json.ts';
import { eventTypeOf, eventTypeText, KNOWN_TYPES } from './event-type.ts';
import { badField, readDay, readIdentifiers } from './fields.ts';
import { isRevoked } from './status.ts';
import type { TimeZone } from './time-zone.ts';
import type { VitalEvent } from './vital-event.ts';

/**
 * OpenSPP's dialect: one event a message, `{"event_type", "event_date", "identifiers": [{"type", "value"}]}`.
 *
 * @throws {DciError}
 */
export function readOpensppEvents(message: JsonObject, zone: TimeZone | null): VitalEvent[] {
  const sent = eventTypeText(message.get('event_type'));
  if (sent === null) throw badField('message.event_type', `expected a string: ${KNOWN_TYPES}`);
  const type = eventTypeOf(sent);
  if (!type)
    throw badField('message.event_type', `not an event that OpenSPP has a type for; expected ${KNOWN_TYPES}`);
  return [
    {
      type,
      ...readDay(message, ['event_date'], 'message', zone),
      identifiers: readIdentifiers(message.get('identifiers'), ['type'], ['value'], 'message.identifiers'),
      ...(isRevoked(message) ? { status: 'revoked' as const } : {}),
    },
  ];
}
