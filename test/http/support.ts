import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Hono } from 'hono';
import type { ConnectorParts, SharedSettings } from '../../src/connectors/connector.ts';
import { addDciRoutes, type DciSettings } from '../../src/connectors/dci/routes.ts';
import { Waits } from '../../src/connectors/dci/waits.ts';
import type { WebhookSettings } from '../../src/connectors/opencrvs-v1/receive.ts';
import { addWebhookRoutes } from '../../src/connectors/opencrvs-v1/routes.ts';
import type { DecryptionKey } from '../../src/dci/encryption.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import {
  type EnvelopeContent,
  nodeOf,
  printEnvelope,
  signHttpSignature,
  signJws,
} from '../../src/dci/sign.ts';
import type { OdooHealth } from '../../src/delivery/odoo-health.ts';
import { type AppDependencies, type AppSettings, createApp } from '../../src/http/app.ts';
import type { AppEnv } from '../../src/http/app-env.ts';
import { clientsBehind } from '../../src/http/client.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { BodyBudget } from '../../src/intake/body-budget.ts';
import { Failures } from '../../src/intake/failures.ts';
import { type SenderRow, type TrustedSender, trustedSender } from '../../src/senders/trusted-sender.ts';
import { READER } from '../events/support.ts';
import { temporaryInbox } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';

/** Seconds since the epoch: 2025-11-24 16:00 UTC. */
export const NOW = 1_764_000_000;
export const SENDER_ID = 'crvs.national.gov';
export const ADMIN_TOKEN = 'an-admin-token-of-at-least-32-characters';

const ED25519 = generateKeyPairSync('ed25519').privateKey;
const OTHER = generateKeyPairSync('ed25519').privateKey;
const pem = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
export const PUBLIC_PEM = pem(ED25519);

/** Who is registered: a sender whose key is known, and one whose key cannot be read. */
const ROWS: SenderRow[] = [
  {
    senderId: SENDER_ID,
    name: 'National Registry of Utopia',
    algorithm: 'ed25519',
    publicKey: PUBLIC_PEM,
    jwksUrl: null,
  },
  { senderId: 'crvs.keyless', name: 'Keyless', algorithm: 'ed25519', publicKey: 'no key', jwksUrl: null },
];

export const HEADER = {
  version: '1.0.0',
  message_id: 'msg-1',
  message_ts: '2025-11-24T16:00:00Z',
  action: 'notify',
  sender_id: SENDER_ID,
  sender_uri: 'https://crvs.national.gov/api',
  receiver_id: 'openspp',
  total_count: 1,
  is_msg_encrypted: false,
};

/** What must never be seen outside the inbox. */
export const PRIVATE = {
  name: 'Zebulon Quattlebaum',
  uin: '190283746551',
  drn: 'D-2024-77219',
  birthDate: '1931-03-17',
};

export const DEATH = {
  event_type: 'DEATH',
  event_date: '2024-12-01',
  identifiers: [
    { type: 'UIN', value: PRIVATE.uin },
    { type: 'DRN', value: PRIVATE.drn },
  ],
  person: { name: PRIVATE.name, birth_date: PRIVATE.birthDate },
};

export const SPDCI_DEATH = {
  transaction_id: 't-1',
  notify_event: [
    {
      reference_id: 'r-1',
      timestamp: '2024-12-02T08:00:00Z',
      data: {
        reg_event_type: 'spdci-common:RegistryEventType:Death',
        reg_records: [
          {
            identifier: [{ identifier_type: 'UIN', identifier_value: PRIVATE.uin }],
            name: { surname: PRIVATE.name },
            death_date: '2024-12-01',
          },
        ],
      },
    },
  ],
};

export const SEARCH_ANSWER = {
  transaction_id: 't-1',
  search_response: [{ data: { reg_records: [{ name: PRIVATE.name }] } }],
};

export interface Signing {
  header?: object;
  /** Null for none. */
  form?: 'http' | 'jws' | null;
  key?: KeyObject;
  created?: number;
  expires?: number;
}

/** A message signed by the registered sender by default. */
export async function envelope(message: object = DEATH, signing: Signing = {}): Promise<string> {
  const {
    header = HEADER,
    form = 'http',
    key = ED25519,
    created = NOW - 5,
    expires = created + 300,
  } = signing;
  const content: EnvelopeContent = {
    header: nodeOf(header) as JsonObject,
    message: nodeOf(message) as JsonObject,
  };
  if (form === null) return JSON.stringify({ header, message });
  const algorithm = 'ed25519' as const;
  const { sender_id: senderId = SENDER_ID } = header as { sender_id?: string };
  const signature =
    form === 'jws'
      ? await signJws(content, { algorithm, kid: 'key-1', privateKey: key })
      : await signHttpSignature(content, {
          senderId,
          keyId: 'key-1',
          algorithm,
          privateKey: key,
          created,
          expires,
        });
  return printEnvelope(signature, content);
}

export const signedByAnother = (message: object = DEATH) => envelope(message, { key: OTHER });
/** The envelope, with other header members. */
export const withHeader = (over: object, message: object = DEATH) =>
  envelope(message, { header: { ...HEADER, ...over } });

/** What the connectors of a test share. */
export const SHARED: SharedSettings = {
  maxBodyBytes: 100_000,
  clientIsSender: false,
  memorySeconds: 90 * 86_400,
  receiverIds: [],
};

/** The app over a real inbox, with what a test may turn. */
export interface Face {
  app: Hono<AppEnv>;
  inbox: Inbox;
  log: ReturnType<typeof keptLog>;
  /** Milliseconds since the epoch. */
  now: number;
  /** Null for a registry that was never read. */
  senders: ReadonlyMap<string, TrustedSender> | null;
  askedForUnknown: number;
  decryptionKeys: DecryptionKey[];
  publishedKeys: string;
  odoo: OdooHealth;
  stopping: AbortController;
  /** What a test adds the routes of further connectors with. */
  parts: ConnectorParts;
  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  send(path: string, init: RequestInit): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // What is in an answer is for the tests to say.
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  json: any;
}

export interface FaceSettings extends AppSettings, DciSettings {
  /** Whether messages are taken at all. */
  receives: boolean;
  /** Webhooks of OpenCRVS 1.x. */
  webhooks: WebhookSettings;
}

type FaceParts = AppDependencies & ConnectorParts;

export async function openFace(
  settings: Partial<FaceSettings> = {},
  options: {
    /** One that other tests use as well; one of its own where left out. */
    inbox?: Inbox;
    /** Parts to put in place of the usual ones. */
    instead?: (deps: FaceParts) => Partial<FaceParts>;
  } = {},
): Promise<Face> {
  const { inbox = await temporaryInbox(), instead = () => ({}) } = options;
  const log = keptLog();
  const face: Face = {
    inbox,
    log,
    now: NOW * 1000,
    senders: new Map(ROWS.map((row) => [row.senderId, trustedSender(row)])),
    askedForUnknown: 0,
    decryptionKeys: [],
    publishedKeys: '{"keys":[]}',
    odoo: { reachable: null, error: null, lastAnswerAt: null, waitsUntil: null, breaker: 'closed' },
    stopping: new AbortController(),
    app: undefined as unknown as Hono<AppEnv>,
    parts: undefined as unknown as ConnectorParts,
    async send(path, init) {
      const response = await face.app.request(path, init);
      const text = await response.text();
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {}
      return { status: response.status, headers: response.headers, text, json };
    },
    post: (path, body, headers = { 'content-type': 'application/json' }) =>
      face.send(path, { method: 'POST', body, headers }),
    get: (path, headers = {}) => face.send(path, { headers }),
  };
  const deps: FaceParts = {
    inbox,
    senders: {
      find: (senderId) => face.senders?.get(senderId),
      get size() {
        return face.senders?.size ?? null;
      },
      refreshForUnknown: () => {
        face.askedForUnknown += 1;
      },
      fetchForUnknownKey: async () => false,
    },
    decryptionKeys: () => face.decryptionKeys,
    publishedKeys: () => face.publishedKeys,
    clients: clientsBehind(settings.trustedProxies ?? []),
    bodies: new BodyBudget(10_000_000),
    readNotification: READER,
    failures: new Failures(),
    waits: new Waits(100),
    stopping: face.stopping.signal,
    log: log.log,
    clock: () => face.now,
    senderCount: () => face.senders?.size ?? null,
    needsSenders: settings.receives ?? true,
    odooHealth: () => face.odoo,
  };
  const { receives = true, webhooks = { senderId: '', secrets: [] }, ...others } = settings;
  const all = {
    ...SHARED,
    allowUnsigned: false,
    clockSkewSeconds: 60,
    maxWindowSeconds: 86_400,
    trustedProxies: [],
    adminToken: ADMIN_TOKEN,
    jwksMaxAgeSeconds: 600,
    ...others,
  };
  const used = { ...deps, ...instead(deps) };
  face.app = createApp(all, used);
  face.parts = used;
  if (receives) {
    addDciRoutes(face.app, all, used);
    addWebhookRoutes(face.app, { ...all, ...webhooks }, used);
  }
  return face;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
