import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { BackfillService } from '../backfill/service.ts';
import type { Settings } from '../config/schema.ts';
import { timeZonesOf } from '../config/senders.ts';
import { Waits } from '../connectors/dci/waits.ts';
import { addConnectors } from '../connectors/index.ts';
import { type Lease, LeaseBook } from '../connectors/mosip/leases.ts';
import type { DeliveryLoop } from '../delivery/delivery-loop.ts';
import { ADOPTED_FROM } from '../delivery/unfinished-events.ts';
import type { Extensions } from '../extensions/extensions.ts';
import { addAnswerRoutes } from '../http/answer-routes.ts';
import { type AppSettings, createApp } from '../http/app.ts';
import type { AppEnv } from '../http/app-env.ts';
import { addBackfillRoutes } from '../http/backfill-routes.ts';
import { clientsBehind } from '../http/client.ts';
import { addRefusalRoutes } from '../http/refusal-routes.ts';
import { addRegistryRoutes } from '../http/registry-routes.ts';
import { addScreeningRoutes } from '../http/screening-routes.ts';
import { addSenderRoutes } from '../http/sender-routes.ts';
import { shortly } from '../http/shortly.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { BodyBudget } from '../intake/body-budget.ts';
import { Failures } from '../intake/failures.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import type { ApiKeyEnd } from '../odoo/api-key-end.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { Latency } from '../odoo/latency.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import { requestsOfRow } from '../openspp/change-requests/request.ts';
import type { OpensppGuard } from '../openspp/known-openspp.ts';
import { Auditor } from '../operations/auditor.ts';
import { addPage, type PageSettings } from '../page/page.ts';
import type { KeptSubscription } from '../registries/subscriptions.ts';
import type { ScreeningService } from '../screening/service.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';
import { nameOf } from './delivery.ts';
import { heldBy } from './metric-sources.ts';
import type { RegistryServices } from './registry-services.ts';

/** What the routes work on. */
export interface AppModules {
  inbox: Inbox;
  senders: SenderDirectory;
  ownKeys: OwnKeys;
  delivery: DeliveryLoop;
  extensions: Extensions;
  asks: RegistryServices;
  backfill: BackfillService;
  screening: ScreeningService;
  latency: Latency;
  apiKey: ApiKeyEnd;
  /** OpenSPP, and what it lets the bridge's user do. */
  openspp: { client: OdooClient; capabilities: CapabilityCache; guard: OpensppGuard };
  signals: BridgeSignals;
  /** Aborts when the bridge stops: waiting requests end then. */
  stopping: AbortSignal;
  log: Logger;
}

/** The settings that all routes share. */
export function appSettings({ server, keys, metrics }: Settings): AppSettings {
  return {
    adminToken: server.adminToken,
    metricsToken: metrics.token,
    jwksMaxAgeSeconds: keys.jwksMaxAgeMs / 1000,
    trustedProxies: server.trustedProxies,
  };
}

function pageSettings({ page, server, odoo, signature }: Settings): PageSettings {
  return {
    ...page,
    adminToken: server.adminToken,
    odooUrl: odoo.publicUrl ?? odoo.url,
    receiver: server.role === 'receiver',
    allowUnsigned: signature.allowUnsigned,
  };
}

/** The bridge's HTTP face with all of its routes. */
export function bridgeApp(settings: Settings, parts: AppModules): Hono<AppEnv> {
  const { inbox, senders, ownKeys, delivery, asks, signals, stopping, log } = parts;
  const { guard } = parts.openspp;
  const { registries, kept } = asks;
  const addReceiving = (to: Hono<AppEnv>) =>
    addConnectors(to, settings, settings.receiving, {
      inbox,
      senders,
      clients: clientsBehind(settings.server.trustedProxies),
      bodies: new BodyBudget(settings.server.maxBodiesBytes),
      failures: new Failures(),
      waits: new Waits(settings.server.maxWaits),
      decryptionKeys: () => ownKeys.decryptionKeys(),
      readNotification: parts.extensions.readNotification,
      registrationNumbers: settings.matching.registrationNumbers,
      zones: timeZonesOf(settings.senders),
      asked: async (transaction) => (await inbox.question(transaction)) !== null,
      onCallback: (callback) => kept?.callbacks.receive(callback) ?? Promise.resolve(),
      refused: (refusal) => {
        // Where the inbox cannot keep it, the log has it.
        inbox.keepRefusals([refusal]).catch(() => {});
      },
      signals,
      stopping,
      log,
      clock: Date.now,
    });
  const app = createApp(appSettings(settings), {
    inbox,
    publishedKeys: () => ownKeys.publishedKeys(),
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    needsSenders: settings.server.role !== 'worker' && !settings.signature.allowUnsigned,
    odooHealth: () => delivery.health,
    // What this process reaches; where it does not know, what others on this inbox do.
    otherOpenspp: async () => guard.isOther ?? guard.isOtherAnywhere(),
    heldBy: shortly(async () => heldBy(await inbox.counts()), COUNTED_MS),
    signals,
    metrics: () => signals.print(),
    ...(settings.server.role === 'worker' ? {} : { addReceiving }),
  });
  addRefusalRoutes(app, inbox);
  addSenderRoutes(app, () => senders.views(settings.jwks.graceMs));
  addRegistryRoutes(app, registries, kept?.lookups ?? null);
  if (kept) addAnswerRoutes(app, kept.lookups, kept.subscriptions, stopping);
  addBackfillRoutes(app, parts.backfill);
  const auditor = new Auditor(inbox, log, Date.now);
  const clients = clientsBehind(settings.server.trustedProxies);
  addScreeningRoutes(app, parts.screening, (c, note) =>
    auditor.note({ actor: 'api', address: clients.addressOf(c) }, note),
  );
  if (settings.page.enabled) addOperatorsPage(app, settings, parts);
  return app;
}

function addOperatorsPage(
  app: Hono<AppEnv>,
  settings: Settings,
  { inbox, senders, delivery, asks, backfill, screening, latency, apiKey, openspp, log }: AppModules,
): void {
  const { registries, kept } = asks;
  const leases = new LeaseBook(inbox);
  addPage(app, pageSettings(settings), {
    inbox,
    senders,
    sources: registries.sources,
    ...(kept || settings.mosip.topics.length > 0
      ? {
          subscriptions: {
            list: async () => [
              ...((await kept?.subscriptions.list()) ?? []).flatMap(forPage),
              ...(await leases.list(settings.mosip.topics)).map((one) =>
                leaseForPage(one, settings.mosip.source),
              ),
            ],
          },
        }
      : {}),
    screenings: screening,
    backfill,
    clients: clientsBehind(settings.server.trustedProxies),
    nameOf: (senderId) => nameOf(senders, senderId),
    adoptedFrom: ADOPTED_FROM,
    changeRequests: async (rowId) => {
      const { changeRequests } = await openspp.capabilities.get(Date.now());
      return changeRequests.kind === 'usable' ? requestsOfRow(openspp.client, rowId) : [];
    },
    odooHealth: () => delivery.health,
    latency: () => latency.times,
    apiKeyEnd: () => apiKey.now,
    senderCount: () => senders.size,
    otherOpenspp: () => openspp.guard.isOtherAnywhere(),
    clock: Date.now,
    log,
  });
}

/** A line for each code that a subscription has; one without, before the registry said. */
function forPage({ source, eventType, state, codes, confirmedAt, requestedAt, endsAt }: KeptSubscription) {
  const since = Date.parse(confirmedAt ?? requestedAt);
  const expires = endsAt === null ? null : Date.parse(endsAt);
  const [first = null, ...others] = codes;
  return [first, ...others].map((code) => ({ source, eventType, code, state, since, expires }));
}

function leaseForPage({ topic, state, confirmedAt, endsAt }: Lease, source: string) {
  return { source, eventType: topic, code: null, state, since: confirmedAt, expires: endsAt };
}

/** Milliseconds for which a count is not made again, however often it is asked for. */
const COUNTED_MS = 5000;
