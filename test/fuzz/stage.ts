import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { appSettings } from '../../src/composition/http-app.ts';
import { loadSettings } from '../../src/config/load.ts';
import { Waits } from '../../src/connectors/dci/waits.ts';
import { addConnectors } from '../../src/connectors/index.ts';
import { createApp } from '../../src/http/app.ts';
import { clientsBehind } from '../../src/http/client.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { BodyBudget } from '../../src/intake/body-budget.ts';
import { createLog } from '../../src/log.ts';
import { READER } from '../events/support.ts';
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
  const settings = loadSettings({});
  const lines = createLog('debug', destination);
  const parts = {
    inbox,
    senders: {
      find: (id: string) => senders.get(id),
      size: senders.size,
      refreshForUnknown: () => {},
      fetchForUnknownKey: async () => false,
    },
    clients: clientsBehind([]),
    bodies: new BodyBudget(settings.server.maxBodiesBytes),
    readNotification: READER,
    // What is fuzzed is refused, and must still be looked at.
    failures: { add() {}, waitSeconds: () => 0 },
    waits: new Waits(settings.server.maxWaits),
    decryptionKeys: () => world.opening,
    publishedKeys: () => '{"keys":[]}',
    stopping: new AbortController().signal,
    log: lines,
    clock: () => NOW * 1000,
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
  addConnectors(
    app,
    {
      ...settings,
      opencrvs_webhooks: { ...settings.opencrvs_webhooks, senderId: 'opencrvs', secrets: [DOCUMENT_SECRET] },
      opencrvs_events: { ...settings.opencrvs_events, secret: DOCUMENT_SECRET, source: 'fuzz' },
      mosip: {
        ...settings.mosip,
        secrets: [DOCUMENT_SECRET],
        source: 'fuzz',
        topics: [MOSIP_TOPIC],
        birthDate: ['credential.dateOfBirth'],
        person: { BRN: ['credential.birthCertificateNumber'] },
        ids: { UIN: ['credential.UIN'] },
      },
    },
    settings.receiving,
    parts,
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
