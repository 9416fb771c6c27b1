import { hash } from 'node:crypto';
import type { NotificationReader } from '../events/read-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { APPLY_AUTO, type ApplyModes, modeInForce } from '../openspp/apply-mode.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import { type AdoptableRow, findUnfinishedRows, readUnfinishedRows } from '../openspp/unfinished-rows.ts';

export interface UnfinishedEventsDependencies {
  inbox: Pick<Inbox, 'findByRows' | 'retry' | 'accept'>;
  client: OdooClient;
  capabilities: Pick<CapabilityCache, 'get'>;
  /** Reads what a row was made from, where extensions have dialects of their own. */
  readNotification: NotificationReader;
  /** How changes are applied; `auto` where left out. */
  apply?: ApplyModes | undefined;
}

/** The sender of a row that was read from OpenSPP. No sender has such a name: OpenSPP's allow no colon. */
export const ADOPTED_FROM = 'openspp:event';
const SLICE = 1000;
/** Rows that are read at once with what they were made from. */
const READ = 200;

/**
 * Takes up the event rows in OpenSPP that nobody finishes: those that the inbox knows are delivered again, the others
 * are put into it.
 *
 * @param untouchedMs milliseconds since the row was last written, at least
 * @returns how many were taken up
 * @throws OdooError, InboxUnavailableError: the next look takes up what is left
 */
export async function takeUpUnfinished(
  untouchedMs: number,
  { inbox, client, capabilities, readNotification, apply = APPLY_AUTO }: UnfinishedEventsDependencies,
  clock: () => number = Date.now,
): Promise<number> {
  let taken = 0;
  for (let after = 0; ; ) {
    const now = clock();
    const openspp = await capabilities.get(now);
    const query = { uid: openspp.uid, untouchedSince: now - untouchedMs, after, limit: SLICE };
    const rows = await findUnfinishedRows(client, query);
    const known = await inbox.findByRows(rows.map(({ id }) => id));
    const unknown: number[] = [];
    for (const { id, type, state } of rows) {
      // Rows of a type that is only recorded are in `received` until a user presses Process.
      if (state === 'received' && modeInForce(apply, openspp, type).kind === 'record') continue;
      const event = known.get(id);
      // Any other state: the delivery has it (it may wait for a decision), or has set it aside.
      if (event && event.state !== 'settled') continue;
      if (event) await inbox.retry([{ id: event.id, state: 'settled' }]);
      else unknown.push(id);
      taken += 1;
    }
    for (let from = 0; from < unknown.length; from += READ) {
      const rowsToAdopt = await readUnfinishedRows(
        client,
        unknown.slice(from, from + READ),
        readNotification,
      );
      for (const row of rowsToAdopt) await adopt(row, inbox, now);
    }
    const last = rows.at(-1);
    if (!last || rows.length < SLICE) return taken;
    after = last.id;
  }
}

/** The row's id and the time of its last change name it, so that it is taken up once in this state. */
async function adopt(row: AdoptableRow, inbox: Pick<Inbox, 'accept'>, now: number): Promise<void> {
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
