import { hash } from 'node:crypto';
import type { NotificationReader } from '../events/read-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import { findStrayRows, type StrayRow } from '../openspp/stray-rows.ts';

export interface StrayDependencies {
  inbox: Pick<Inbox, 'findByRows' | 'retry' | 'accept'>;
  client: OdooClient;
  capabilities: Pick<CapabilityCache, 'get'>;
  /** Reads what a row was made from, where extensions have dialects of their own. */
  readNotification?: NotificationReader | undefined;
}

/** Whom a row that was read from OpenSPP comes from. No sender has such a name: OpenSPP's allow no colon. */
export const ADOPTED_FROM = 'openspp:event';
const SLICE = 200;

/**
 * Takes up the event rows in OpenSPP that nobody finishes: those that the inbox knows are delivered again, the others
 * are put into it.
 *
 * @param untouchedMs milliseconds that a row must have stood untouched
 * @returns how many were taken up
 * @throws OdooError, InboxUnavailableError: the next look takes up what is left
 */
export async function sweepStrays(
  untouchedMs: number,
  { inbox, client, capabilities, readNotification }: StrayDependencies,
  clock: () => number = Date.now,
): Promise<number> {
  let taken = 0;
  for (let after = 0; ; ) {
    const now = clock();
    const { uid } = await capabilities.get(now);
    const rows = await findStrayRows(client, uid, now - untouchedMs, after, SLICE, readNotification);
    const known = await inbox.findByRows(rows.map(({ id }) => id));
    for (const row of rows) {
      const event = known.get(row.id);
      // Any other state: the delivery has it, or has set it aside.
      if (event && event.state !== 'settled') continue;
      if (event) await inbox.retry([event.id]);
      else await adopt(row, inbox, now);
      taken += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < SLICE) return taken;
    after = last.id;
  }
}

/** The row's id and the time of its last change name it, so that it is taken up once as it stands. */
async function adopt(row: StrayRow, inbox: Pick<Inbox, 'accept'>, now: number): Promise<void> {
  const { id, writtenAt, personId, event } = row;
  const { type, date, identifiers } = event;
  await inbox.accept({
    senderId: ADOPTED_FROM,
    messageId: `${id} ${writtenAt}`,
    contentDigest: hash('sha256', JSON.stringify([id, writtenAt]), 'hex'),
    action: 'notify',
    dialect: 'openspp.row',
    kid: null,
    receivedAt: now,
    body:
      row.body ??
      JSON.stringify({ header: {}, message: { event_type: type, event_date: date, identifiers } }),
    events: [event],
    adopted: { odooEventId: id, personId },
  });
}
