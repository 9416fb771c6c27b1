import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadSettings } from '../../src/config/load.ts';
import { opencrvsEventSettings } from '../../src/config/opencrvs-events.ts';
import { createApp } from '../../src/http/app.ts';
import { addMosipRoutes } from '../../src/http/mosip-routes.ts';
import { addOpencrvsEventRoutes } from '../../src/http/opencrvs-event-routes.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { createLog } from '../../src/log.ts';
import { DOCUMENT_SECRET, MOSIP_TOPIC } from './kinds/documents.ts';
import type { Input } from './kinds/kind.ts';
import { NOW, type World } from './world.ts';

/** How an input was answered. */
export interface Answer {
  status: number;
  text: string;
}

/** The bridge's whole receive path, with an inbox on disk, and without a network. */
export interface Stage {
  post(input: Input): Promise<Answer>;
  /** What was logged since this was last asked. */
  logged(): string;
  close(): Promise<void>;
}

export async function openStage(world: World): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-fuzz-'));
  const inbox = await openSqliteInbox({ path: join(folder, 'inbox.db'), exclusive: true });
  let log = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const { senders } = world;
  const app = createApp(
    {
      maxBodyBytes: 1_048_576,
      allowUnsigned: false,
      clockSkewSeconds: 60,
      maxWindowSeconds: 86_400,
      memorySeconds: 90 * 86_400,
      receiverIds: [],
      trustedProxies: [],
      clientIsSender: false,
      adminToken: null,
      jwksMaxAgeSeconds: 3600,
      webhooks: { senderId: 'opencrvs', secrets: [DOCUMENT_SECRET] },
    },
    {
      inbox,
      senders: {
        find: (id) => senders.get(id),
        size: senders.size,
        refreshForUnknown: () => {},
        fetchForUnknownKey: async () => false,
      },
      decryptionKeys: () => world.opening,
      publishedKeys: () => '{"keys":[]}',
      stopping: new AbortController().signal,
      log: createLog('debug', destination),
      clock: () => NOW * 1000,
      senderCount: () => senders.size,
      odooHealth: () => ({
        reachable: null,
        error: null,
        lastAnswerAt: null,
        waitsUntil: null,
        breaker: 'closed',
      }),
    },
  );
  const receiving = { inbox, log: createLog('debug', destination), clock: () => NOW * 1000 };
  const { forms } = opencrvsEventSettings(loadSettings({}));
  const common = { source: 'fuzz', maxBodyBytes: 1_048_576 };
  addOpencrvsEventRoutes(app, { ...common, secret: DOCUMENT_SECRET, token: null, forms }, receiving);
  addMosipRoutes(
    app,
    {
      ...common,
      secrets: [DOCUMENT_SECRET],
      keys: [],
      topics: [MOSIP_TOPIC],
      person: { BRN: ['credential.birthCertificateNumber'] },
      ids: { UIN: ['credential.UIN'] },
    },
    receiving,
  );
  return {
    async post({ path, body, signature }) {
      const headers = {
        'content-type': 'application/json',
        'content-length': String(body.length),
        ...(signature === undefined ? {} : { 'x-hub-signature': signature }),
      };
      const response = await app.request(path, { method: 'POST', body, headers });
      return { status: response.status, text: await response.text() };
    },
    logged() {
      const text = log;
      log = '';
      return text;
    },
    async close() {
      await inbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
