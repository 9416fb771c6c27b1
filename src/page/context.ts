import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { BackfillService } from '../backfill/service.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { Clients } from '../http/client.ts';
import type { Inbox, InboxCounts } from '../inbox/inbox.ts';
import type { Operator } from '../operations/auditor.ts';
import type { EventOperations } from '../operations/events.ts';
import type { ListedSource } from '../registries/sources.ts';
import type { ScreeningService } from '../screening/service.ts';
import type { ListedSender } from '../senders/sender-directory.ts';
import type { Guard } from './guard.ts';
import type { OverviewSources } from './overview.ts';
import type { SignedIn } from './view.ts';
import type { ListedSubscription } from './views/others.ts';

export interface PageSettings {
  /** Null closes the page; it then says how to set one. */
  adminToken: string | null;
  sessionMs: number;
  /** Such as `Africa/Lagos`. */
  timeZone: string;
  /** Where browsers find the Odoo that has the events; null where none can be opened. */
  odooUrl: string | null;
  receiver: boolean;
  allowUnsigned: boolean;
}

export interface PageDependencies extends OverviewSources {
  inbox: OverviewSources['inbox'] &
    ConstructorParameters<typeof EventOperations>[0] &
    Pick<Inbox, 'counts' | 'lastMessages' | 'auditTrail' | 'refusals'>;
  senders: { list(): ListedSender[]; readonly size: number | null };
  sources: { list(): Promise<ListedSource[]> };
  /** Left out where no subscriptions are kept. */
  subscriptions?: { list(): Promise<ListedSubscription[]> };
  /** Left out where nothing is screened: then there are no such pages. */
  screenings?: ScreeningService;
  /** Left out where nothing is caught up with. */
  backfill?: Pick<BackfillService, 'status' | 'stop'>;
  /** The change requests of an event, by its id in OpenSPP; left out where none are filed. */
  changeRequests?: (odooEventId: number) => Promise<{ id: number; name: string; standing: string }[]>;
  clients: Pick<Clients, 'addressOf'>;
  /** The name of a sender, for people. */
  nameOf(senderId: string): string;
  /** The sender of events that were read from rows in OpenSPP. */
  adoptedFrom: string;
  log: Logger;
}

/** Lines of a list on one page. */
export const PAGE_SIZE = 50;

/** What the routes of the page work with. */
export interface PageContext {
  app: Hono<AppEnv>;
  guard: Guard;
  settings: PageSettings;
  deps: PageDependencies;
  operations: EventOperations;
  /** How many events are in which state and have which reason; asked at most once a second. */
  counts(): Promise<InboxCounts>;
  /** Who is signed in, for the audit log. */
  operatorOf(c: Context<AppEnv>, view: SignedIn): Operator;
}
