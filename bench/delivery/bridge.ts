import { loadSettings } from '../../src/config/load.ts';
import { connectorReader } from '../../src/connectors/index.ts';
import { DeliveryLoop } from '../../src/delivery/delivery-loop.ts';
import { NO_ZONES } from '../../src/events/time-zone.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { createLog } from '../../src/log.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { type Counts, watched } from './inbox.ts';

/** How the bridge is to deliver; null leaves what config/default.yaml says, a number of events a batch fixes it. */
export interface BridgeJob {
  inboxPath: string;
  /** How many events are in the inbox. */
  events: number;
  batchSize: number | null;
  concurrency: number | null;
}

/** What the delivery came to. */
export interface BridgeRun extends Counts {
  startedAt: number;
  endedAt: number;
}

/**
 * (c) The bridge's delivery, as `src/bridge.ts` puts it together, until the inbox is empty.
 *
 * @param onStart called when the inbox is open and the delivery begins
 */
export async function deliverInbox(
  client: OdooClient,
  job: BridgeJob,
  onStart: () => void,
): Promise<BridgeRun> {
  const settings = loadSettings({ INBOX_URL: `sqlite:${job.inboxPath}` });
  const { delivery } = settings;
  const opened = await openInbox(settings.inbox.url, {
    exclusive: true,
    interruptedGraceMs: delivery.unansweredGraceMs * 1000,
    queueLimit: settings.inbox.queueLimit,
  });
  const { inbox, counts, done } = watched(opened, job.events);
  const usual = settings.delivery;
  const fixed = job.batchSize === null ? {} : { minimum: job.batchSize, maximum: job.batchSize };
  const loop = new DeliveryLoop(
    {
      ...usual,
      batchSize: { ...usual.batchSize, ...fixed },
      concurrency: job.concurrency ?? usual.concurrency,
    },
    {
      inbox,
      client,
      capabilities: new CapabilityCache(client),
      matching: settings.matching,
      death: { endHouseholdPlaces: false, revocation: 'flag' },
      rules: RULES,
      readNotification: connectorReader(NO_ZONES),
      nameOf: () => 'Bench Registry',
      log: createLog(settings.log.level),
    },
  );
  onStart();
  const startedAt = performance.now();
  loop.start();
  await done;
  const endedAt = performance.now();
  await loop.stop(1000);
  await opened.close();
  return { ...counts, startedAt, endedAt };
}
