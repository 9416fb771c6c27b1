import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { BackfillDesk } from '../backfill/desk.ts';
import { appSettings } from '../config/app.ts';
import { mosipSettings } from '../config/mosip.ts';
import { opencrvsEventSettings } from '../config/opencrvs-events.ts';
import { pageSettings } from '../config/page.ts';
import type { Settings } from '../config/schema.ts';
import type { DeliveryLoop } from '../delivery/delivery-loop.ts';
import { ADOPTED_FROM } from '../delivery/strays.ts';
import type { Extensions } from '../extensions/extensions.ts';
import { addAnswerRoutes } from '../http/answer-routes.ts';
import { createApp } from '../http/app.ts';
import type { AppEnv } from '../http/app-env.ts';
import { Auditor } from '../http/audit.ts';
import { addBackfillRoutes } from '../http/backfill-routes.ts';
import { clientsBehind } from '../http/client.ts';
import { addMosipRoutes } from '../http/mosip-routes.ts';
import { addOpencrvsEventRoutes } from '../http/opencrvs-event-routes.ts';
import { Refusals } from '../http/refusals.ts';
import { addRegistryRoutes } from '../http/registry-routes.ts';
import { addScreeningRoutes } from '../http/screening-routes.ts';
import { addSenderRoutes } from '../http/sender-routes.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import type { ApiKeyEnd } from '../odoo/api-key-end.ts';
import type { Latency } from '../odoo/latency.ts';
import { addPage } from '../page/page.ts';
import type { RememberedSubscription } from '../registries/subscriptions.ts';
import type { ScreeningDesk } from '../screening/desk.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';
import type { Asking } from './asking.ts';
import { nameOf } from './delivery.ts';

/** What the routes work on. */
export interface AppParts {
  inbox: Inbox;
  senders: SenderDirectory;
  ownKeys: OwnKeys;
  delivery: DeliveryLoop;
  extensions: Extensions;
  asks: Asking;
  backfill: BackfillDesk;
  screening: ScreeningDesk;
  latency: Latency;
  apiKey: ApiKeyEnd;
  signals: BridgeSignals;
  /** Aborts when the bridge stops: nobody is kept waiting then. */
  stopping: AbortSignal;
  log: Logger;
}

/** The bridge's HTTP face with all of its routes. */
export function bridgeApp(settings: Settings, parts: AppParts): Hono<AppEnv> {
  const { inbox, senders, ownKeys, delivery, asks, signals, stopping, log } = parts;
  const { registries, kept } = asks;
  const refusals = new Refusals();
  const refused = (senderId: string | null, reason: string) => refusals.add(senderId, reason, Date.now());
  const app = createApp(appSettings(settings), {
    inbox,
    senders,
    decryptionKeys: () => ownKeys.decryptionKeys(),
    publishedKeys: () => ownKeys.publishedKeys(),
    readNotification: parts.extensions.readNotification,
    stopping,
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    odooHealth: () => delivery.health,
    signals,
    metrics: () => signals.print(),
    heard: (callback) => kept?.desk.heard(callback) ?? Promise.resolve(),
    refused,
  });
  addSenderRoutes(app, () => senders.views(settings.jwks.grace_seconds * 1000));
  addRegistryRoutes(app, registries, kept?.lookups ?? null);
  if (kept) addAnswerRoutes(app, kept.lookups, kept.subscriptions, stopping);
  addBackfillRoutes(app, parts.backfill);
  const auditor = new Auditor(inbox, log, Date.now);
  const clients = clientsBehind(settings.server.trusted_proxies);
  addScreeningRoutes(app, parts.screening, (c, deed) =>
    auditor.note({ ...deed, actor: 'api', address: clients.addressOf(c) }),
  );
  if (settings.server.role !== 'worker') {
    const receiving = { inbox, log, clock: Date.now, signals, refused };
    addOpencrvsEventRoutes(app, opencrvsEventSettings(settings), receiving);
    addMosipRoutes(app, mosipSettings(settings), receiving);
  }
  if (settings.page.enabled) addOperatorsPage(app, settings, parts, refusals);
  return app;
}

function addOperatorsPage(
  app: Hono<AppEnv>,
  settings: Settings,
  { inbox, senders, delivery, asks, screening, latency, apiKey, log }: AppParts,
  refusals: Refusals,
): void {
  const { registries, kept } = asks;
  addPage(app, pageSettings(settings), {
    inbox,
    senders,
    sources: registries.sources,
    ...(kept
      ? { subscriptions: { list: async () => (await kept.subscriptions.list()).flatMap(forPage) } }
      : {}),
    screenings: screening,
    refusals,
    clients: clientsBehind(settings.server.trusted_proxies),
    nameOf: (senderId) => nameOf(senders, senderId),
    adoptedFrom: ADOPTED_FROM,
    odooHealth: () => delivery.health,
    latency: () => latency.times,
    apiKeyEnd: () => apiKey.now,
    senderCount: () => senders.size,
    clock: Date.now,
    log,
  });
}

/** A line for each code that a subscription has; one without, before the registry said. */
function forPage({
  source,
  eventType,
  state,
  codes,
  confirmedAt,
  requestedAt,
  endsAt,
}: RememberedSubscription) {
  const since = Date.parse(confirmedAt ?? requestedAt);
  const expires = endsAt === null ? null : Date.parse(endsAt);
  const [first = null, ...others] = codes;
  return [first, ...others].map((code) => ({ source, eventType, code, state, since, expires }));
}
