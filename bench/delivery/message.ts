import type { Identifier } from '../../src/events/vital-event.ts';
import type { NewMessage } from '../../src/inbox/inbox.ts';
import type { PlannedEvent } from './plan.ts';

/** By its exact code in OpenSPP: its own processing finds a registrant by nothing else. */
const IDENTIFIER_TYPE = 'national_id';
const NUMBER_TYPES = { birth: 'BRN', death: 'DRN', marriage: 'MRN', divorce: 'MRN' } as const;

/** The message that announces an event, as the bridge's inbox takes it once its signature was verified. */
export interface Announcement extends NewMessage {
  planned: PlannedEvent;
}

/**
 * Makes the messages of a plan, 1.2 kB each.
 *
 * @param prefix what all identifiers of the plan begin with
 * @param withNumbers adds the registration number (BRN, DRN, MRN) that a registry sends along
 * @param receivedAt milliseconds since the epoch
 */
export function announcements(
  plan: readonly PlannedEvent[],
  prefix: string,
  withNumbers: boolean,
  receivedAt: number,
): Announcement[] {
  return plan.map((planned) => {
    const identifiers: Identifier[] = [{ type: IDENTIFIER_TYPE, value: planned.uin }];
    if (withNumbers) {
      identifiers.push({ type: NUMBER_TYPES[planned.type], value: `N${prefix}-${planned.number}` });
    }
    const messageId = `${prefix}-${planned.number}`;
    return {
      planned,
      senderId: 'crvs.bench.example',
      messageId,
      contentDigest: messageId,
      action: 'notify',
      dialect: 'openspp',
      kid: 'crvs.bench.example|key-1|ed25519',
      receivedAt,
      body: bodyOf(planned, messageId, identifiers, receivedAt),
      events: [{ type: planned.type, date: planned.date, identifiers }],
    };
  });
}

function bodyOf(
  { type, date, uin }: PlannedEvent,
  messageId: string,
  identifiers: Identifier[],
  receivedAt: number,
): string {
  return JSON.stringify({
    // Verified before it was kept, and never looked at again.
    signature: `namespace="dci", kidId="crvs.bench.example|key-1|ed25519", algorithm="ed25519", created="1700000000", expires="1700003600", headers="(created) (expires) digest", signature="${'A'.repeat(86)}=="`,
    header: {
      version: '1.0.0',
      message_id: messageId,
      message_ts: new Date(receivedAt).toISOString(),
      action: 'notify',
      sender_id: 'crvs.bench.example',
      sender_uri: 'https://crvs.example.org/dci/callback',
      receiver_id: 'openspp',
      total_count: 1,
      is_msg_encrypted: false,
    },
    message: {
      event_type: type.toUpperCase(),
      event_date: date,
      identifiers,
      person: { name: { given_name: 'Zeynep Ñusta', surname: `Quispe ${uin}` }, sex: 'female' },
      place: { address_line1: 'Calle del Río', locality: 'San Aurelio', country_code: 'XX' },
      remarks: 'Registered late. '.repeat(14),
    },
  });
}
