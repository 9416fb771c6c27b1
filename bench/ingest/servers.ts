import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { startBridge } from '../../src/bridge.ts';
import type { OdooAccess } from '../../src/composition/context.ts';
import { appSettings } from '../../src/composition/http-app.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/schema.ts';
import { Waits } from '../../src/connectors/dci/waits.ts';
import { addConnectors, connectorReader } from '../../src/connectors/index.ts';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import { verifyEnvelope } from '../../src/dci/verify.ts';
import { NO_ZONES } from '../../src/events/time-zone.ts';
import { createApp } from '../../src/http/app.ts';
import { clientsBehind } from '../../src/http/client.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { BodyBudget } from '../../src/intake/body-budget.ts';
import { Failures } from '../../src/intake/failures.ts';
import { createLog } from '../../src/log.ts';
import { SenderDirectory } from '../../src/senders/sender-directory.ts';
import { type SenderRow, trustedSender } from '../../src/senders/trusted-sender.ts';

/** A server under test. */
export interface Served {
  port: number;
  /** How many messages are in the inbox; null where there is none. */
  kept(): Promise<number | null>;
  /** Commits of messages so far; null where there are none, or they are not counted. */
  commits?(): number;
  close(): Promise<void>;
}

/** What the generator posts to. */
export const PATH = '/registry/notify';

/** (a) A route that only reads and parses. */
export function serveBare(): Promise<Served> {
  const app = healthy();
  app.post(PATH, async (c) => {
    const { header } = JSON.parse(await c.req.text());
    return c.json({ message: { ack_status: 'ACK', correlation_id: header.message_id } }, 202);
  });
  return listen(app);
}

/** (b) One that also canonicalises and verifies, as the bridge does, and keeps nothing. */
export function serveVerifying(row: SenderRow): Promise<Served> {
  const { signature } = loadSettings({});
  const sender = trustedSender(row);
  const app = healthy();
  app.post(PATH, async (c) => {
    const envelope = parseEnvelope(new Uint8Array(await c.req.arrayBuffer()));
    const result = await verifyEnvelope(envelope, sender, {
      now: Math.floor(Date.now() / 1000),
      maxWindowSeconds: signature.maxWindowSeconds,
      skewSeconds: signature.clockSkewSeconds,
    });
    if (!result.ok) return c.json({ message: { ack_status: 'ERR', reason: result.reason } }, 401);
    return c.json({ message: { ack_status: 'ACK', correlation_id: envelope.header.messageId } }, 202);
  });
  return listen(app);
}

/**
 * (c), (p) The bridge's own routes and its inbox, without the delivery: what comes in stays.
 *
 * @param inboxUrl null for an inbox that keeps nothing
 */
export async function serveBridge(row: SenderRow, inboxUrl: string | null): Promise<Served> {
  const settings = settingsFor(inboxUrl ?? 'sqlite::memory:');
  const log = createLog(settings.log.level);
  let commits = 0;
  const inbox =
    inboxUrl === null
      ? keepsNothing()
      : await openInbox(inboxUrl, {
          exclusive: true,
          queueLimit: settings.inbox.queueLimit,
          onCommit: () => {
            commits += 1;
          },
        });
  const senders = new SenderDirectory(
    { ...settings.senders, openspp: 'bench' },
    { documents: inbox, readRows: async () => [row], log },
  );
  await senders.start();
  const parts = {
    inbox,
    senders,
    clients: clientsBehind([]),
    bodies: new BodyBudget(settings.server.maxBodiesBytes),
    failures: new Failures(),
    waits: new Waits(settings.server.maxWaits),
    readNotification: connectorReader(NO_ZONES),
    decryptionKeys: () => [],
    publishedKeys: () => '{"keys":[]}',
    stopping: new AbortController().signal,
    log,
    clock: Date.now,
    senderCount: () => senders.size,
    needsSenders: true,
    odooHealth: () => ({
      reachable: null,
      error: null,
      lastAnswerAt: null,
      waitsUntil: null,
      breaker: 'closed' as const,
    }),
  };
  const app = createApp(appSettings(settings), parts);
  addConnectors(app, settings, settings.receiving, parts);
  const served = await listen(app);
  return {
    ...served,
    kept: async () => (inboxUrl === null ? null : countMessages(inbox)),
    commits: () => commits,
    async close() {
      senders.stop();
      await served.close();
      await inbox.close();
    },
  };
}

/** (d) The whole bridge, delivering to an Odoo meanwhile. */
export async function serveDelivering(access: OdooAccess, inboxUrl: string): Promise<Served> {
  const settings = settingsFor(inboxUrl);
  const bridge = await startBridge(settings, access, createLog(settings.log.level));
  return {
    port: Number(new URL(bridge.url).port),
    async kept() {
      const inbox = await openInbox(settings.inbox.url, {});
      const count = await countMessages(inbox);
      await inbox.close();
      return count;
    },
    close: () => bridge.stop(),
  };
}

function settingsFor(inboxUrl: string): Settings {
  return loadSettings({ HOST: '127.0.0.1', PORT: '0', INBOX_URL: inboxUrl });
}

/** The generator's messages have one event each. */
async function countMessages(inbox: Inbox): Promise<number> {
  const { waiting, deferred, delivering, processed, error } = await inbox.counts();
  return waiting + deferred + delivering + processed + error;
}

/** An inbox that acknowledges at once, for what all else costs. */
function keepsNothing(): Inbox {
  let inboxId = 0;
  const methods: Partial<Inbox> = {
    async accept({ correlationId = '', receivedAt, events }) {
      inboxId += 1;
      return {
        kind: 'created',
        inboxId,
        correlationId,
        receivedAt,
        events: events.map(() => ({ id: inboxId, state: 'waiting', outcome: null, odooEventId: null })),
      };
    },
    getDocument: async () => null,
    putDocument: async () => {},
    close: async () => {},
  };
  return methods as Inbox;
}

function healthy(): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  return app;
}

function listen(app: { fetch(request: Request): Response | Promise<Response> }): Promise<Served> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
      resolve({
        port,
        kept: async () => null,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}
