import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestSigner } from '../../src/dci/client/request.ts';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { nodeOf, printEnvelope, signHttpSignature, signJws } from '../../src/dci/sign.ts';
import { type Sender, verifyEnvelope } from '../../src/dci/verify.ts';
import { type Answering, type SeenRequest, startServer, type TestServer } from '../server.ts';
import { opencrvs2Problems, opencrvsProblems } from './opencrvs-schema.ts';
import { spdciProblems } from './spdci-schema.ts';

type Json = Record<string, unknown>;

/** Somebody whom the registry knows. */
export interface Entry {
  identifiers: Readonly<Record<string, string>>;
  birth?: string;
  death?: string;
  marriage?: string;
  divorce?: string;
  /** Further members of the record. */
  more?: Json;
}

/** An answer in place of the registry's own. */
export interface Fault {
  status: number;
  headers?: Record<string, string>;
  /** Text, or what is printed as JSON. */
  body?: unknown;
  /** Cut the connection instead of answering. */
  cut?: boolean;
  /** Never answer. */
  hang?: boolean;
}

export interface StandInOptions {
  /** SPDCI's CRVS API, or OpenCRVS's DCI API; each refuses what its schema refuses. */
  dialect?: 'spdci' | 'opencrvs' | 'opencrvs2' | 'unchecked';
  oauth2?: { location: 'body' | 'query'; scope?: string; expiresIn?: unknown };
  /** The `Authorization` that is asked for, where there is no OAuth2. */
  authorization?: string;
  entries?: readonly Entry[];
  /** Signs answers. OpenCRVS puts the asker's `sender_id` into them. */
  signer?: RequestSigner;
  /** Verifies requests. */
  verifyWith?: Sender;
  /** Requests that it takes in a window of its clock. */
  rate?: { limit: number; windowMs: number };
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Decides which requests fail, before anything else is looked at. */
  fault?: (request: { path: string; count: number }) => Fault | null;
  /** Makes the answer to a search in place of its own. */
  respond?: (envelope: Json) => unknown;
  /** Counts the records of a page where those of the search are asked for, and has no other page. */
  countsPages?: boolean;
  /** Answers subscriptions at once instead of at `on-subscribe`. */
  subscribeAtOnce?: boolean;
  /** What a name leads to, in place of the DNS. */
  resolve?: (uri: string) => string;
}

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Json;
}

export const CLIENT = { clientId: 'openspp', clientSecret: 'top-secret-of-the-client' };
export const REGISTRY_ID = 'crvs.example.org';

/** A registry, written from the contract. */
export class StandIn {
  readonly received: Received[] = [];
  /** What its schema found wrong with requests. */
  readonly problems: string[] = [];
  readonly codes = new Set<string>();
  tokenRequests = 0;
  /** Bodies of token requests, and their queries. */
  readonly tokens: { query: string; form: string }[] = [];
  /** Answers to come instead of its own. */
  readonly faults: Fault[] = [];
  /** Callbacks under way. */
  readonly callbacks: Promise<unknown>[] = [];
  url = '';
  readonly #options: StandInOptions;
  #server: TestServer | null = null;
  #valid = new Set<string>();
  #window = { from: Number.NEGATIVE_INFINITY, count: 0 };
  #count = 0;

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  async start(): Promise<this> {
    this.#server = await startServer((request, response) => this.#serve(request, response));
    this.url = this.#server.url;
    return this;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.callbacks);
    await this.#server?.close();
  }

  /** Makes all tokens worthless, as a restart of the registry would. */
  revoke(): void {
    this.#valid = new Set();
  }

  async #serve(request: SeenRequest, response: Answering): Promise<void> {
    const url = new URL(request.path, this.url);
    const { body } = request;
    const answer = (status: number, content: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof content === 'string' ? content : JSON.stringify(content));
    };
    const fault =
      this.#options.fault?.({ path: url.pathname, count: this.#count++ }) ??
      (url.pathname === '/token' ? null : this.faults.shift());
    if (fault?.hang) return;
    if (fault?.cut) return void response.destroy();
    if (fault) return answer(fault.status, fault.body ?? '', fault.headers);
    if (url.pathname === '/token') return this.#token(url, body, answer);
    if (!this.#isAuthorized(request.headers.authorization))
      return answer(
        401,
        acknowledgement('ERR', { code: 'err.request.unauthorized', message: 'who are you?' }),
      );
    if (this.#isTooFast()) return answer(429, 'slow down', { 'retry-after': '1' });
    if (request.method === 'GET') return answer(404, 'nothing here');
    const envelope = JSON.parse(body) as Json;
    this.received.push({ path: url.pathname, headers: request.headers, body: envelope });
    const problems = this.#problems(url.pathname, envelope);
    if (this.#options.verifyWith) {
      const now = Math.floor(this.#now() / 1000);
      const verified = await verifyEnvelope(parseEnvelope(Buffer.from(body)), this.#options.verifyWith, {
        now,
      });
      if (!verified.ok) problems.push(verified.message);
    }
    this.problems.push(...problems);
    if (problems.length > 0)
      return answer(400, acknowledgement('ERR', { code: 'err.request.bad', message: problems.join('; ') }));
    await this.#operation(url.pathname, envelope, answer);
  }

  async #operation(path: string, envelope: Json, answer: (status: number, content: unknown) => void) {
    const header = envelope.header as Json;
    const message = envelope.message as Json;
    const reply = (action: string, content: Json) => this.#envelope(action, header, content);
    const later = async (action: string, content: Json) => {
      const correlation_id = randomUUID();
      answer(202, acknowledgement('ACK', undefined, correlation_id));
      this.callbacks.push(this.#callback(header, await reply(action, { ...content, correlation_id })));
    };
    const transaction_id = message.transaction_id;
    if (this.#options.respond && path === '/registry/sync/search')
      return answer(200, this.#options.respond(envelope));
    if (path === '/registry/sync/search')
      return answer(200, await reply('on-search', { ...this.#found(message), correlation_id: randomUUID() }));
    if (path === '/registry/search') return later('on-search', this.#found(message));
    if (path === '/registry/subscribe') {
      const content = { transaction_id, subscribe_response: this.#subscribed(message) };
      if (this.#options.subscribeAtOnce)
        return answer(200, await reply('on-subscribe', { ...content, correlation_id: randomUUID() }));
      return later('on-subscribe', content);
    }
    if (path === '/registry/unsubscribe') return later('on-unsubscribe', this.#unsubscribed(message));
    const content = { transaction_id, txnstatus_response: this.#status(message) };
    if (path === '/registry/sync/txn/status')
      return answer(200, await reply('txn-on-status', { ...content, correlation_id: randomUUID() }));
    if (path === '/registry/txn/status') return later('txn-on-status', content);
    return answer(404, 'nothing here');
  }

  #token(url: URL, form: string, answer: (status: number, content: unknown) => void): void {
    this.tokenRequests += 1;
    this.tokens.push({ query: url.search, form });
    const { oauth2 } = this.#options;
    const given = oauth2?.location === 'query' ? url.searchParams : new URLSearchParams(form);
    const isRight =
      given.get('grant_type') === 'client_credentials' &&
      given.get('client_id') === CLIENT.clientId &&
      given.get('client_secret') === CLIENT.clientSecret &&
      (oauth2?.scope === undefined || given.get('scope') === oauth2.scope);
    if (!isRight) {
      answer(401, { error: 'invalid_client', error_description: 'no such client' });
      return;
    }
    const access_token = randomUUID();
    this.#valid.add(`Bearer ${access_token}`);
    const expires_in = oauth2?.expiresIn === undefined ? 3600 : oauth2.expiresIn;
    answer(200, { access_token, token_type: 'Bearer', expires_in });
  }

  #isAuthorized(header: string | undefined): boolean {
    const { oauth2, authorization } = this.#options;
    if (oauth2) return this.#valid.has(header ?? '');
    return authorization === undefined || header === authorization;
  }

  #isTooFast(): boolean {
    const { rate } = this.#options;
    if (!rate) return false;
    if (this.#now() - this.#window.from >= rate.windowMs) this.#window = { from: this.#now(), count: 0 };
    this.#window.count += 1;
    return this.#window.count > rate.limit;
  }

  #problems(path: string, body: Json): string[] {
    const { dialect = 'spdci' } = this.#options;
    if (dialect === 'unchecked') return [];
    if (dialect === 'opencrvs2') return opencrvs2Problems(path, body);
    return dialect === 'spdci' ? spdciProblems(path, body) : opencrvsProblems(path, body);
  }

  #found(message: Json): Json {
    const items = (message.search_request as Json[]).flatMap((request) => this.#foundBy(request));
    return { transaction_id: message.transaction_id, search_response: items };
  }

  #foundBy(request: Json): Json[] {
    const criteria = (request.search_criteria ?? {}) as Json;
    const found = (this.#options.entries ?? []).filter((entry) => fits(entry, criteria));
    const { page_size = 5, page_number = 1 } = (criteria.pagination ?? {}) as Record<string, number>;
    const { countsPages = false } = this.#options;
    const page =
      countsPages && page_number > 1
        ? []
        : found.slice((page_number - 1) * page_size, page_number * page_size);
    const total_count = countsPages ? page.length : found.length;
    const isOpencrvs = this.#options.dialect === 'opencrvs';
    const item = {
      reference_id: request.reference_id,
      timestamp: this.#time(),
      status: 'succ',
      data: {
        reg_type: criteria.reg_type,
        reg_record_type: 'Person',
        reg_records: page.map((entry) => (isOpencrvs ? opencrvsRecord(entry) : spdciRecord(entry))),
      },
      pagination: { page_size, page_number, total_count },
      locale: 'eng',
    };
    // OpenCRVS leaves out a response without records, an SPDCI registry writes an empty list.
    return isOpencrvs && page.length === 0 ? [] : [item];
  }

  #subscribed(message: Json): Json[] {
    return (message.subscribe_request as Json[]).map(({ reference_id, subscribe_criteria }) => {
      const code = `SUB-${this.codes.size + 1}`;
      this.codes.add(code);
      const { reg_event_type } = subscribe_criteria as Json;
      const timestamp = this.#time();
      const subscription = { code, status: 'subscribe', timestamp, reg_event_type };
      return { reference_id, timestamp, status: 'succ', subscriptions: [subscription] };
    });
  }

  #unsubscribed(message: Json): Json {
    const codes = (message.subscription_codes ?? message.subscription_code) as string[];
    const unknown = codes.some((code) => !this.codes.delete(code));
    return {
      transaction_id: message.transaction_id,
      timestamp: this.#time(),
      ...(unknown
        ? {
            status: 'rjct',
            status_reason_code: 'rjct.subscription_code.invalid',
            status_reason_message: 'unknown',
          }
        : { status: 'succ', subscription_status: codes.map((code) => ({ code, status: 'unsubscribe' })) }),
    };
  }

  #status(message: Json): Json {
    const { txn_type } = message.txnstatus_request as Json;
    const part = { reference_id: 'r', timestamp: this.#time(), status: 'pdng' };
    const answer = { transaction_id: 't', correlation_id: 'c', search_response: [part] };
    return { txn_type, txn_status: answer };
  }

  async #envelope(action: string, asked: Json, content: Json): Promise<string> {
    const { signer, dialect } = this.#options;
    const isOpencrvs = dialect === 'opencrvs';
    const sender_id = isOpencrvs ? (asked.sender_id as string) : REGISTRY_ID;
    const header = nodeOf({
      version: '1.0.0',
      message_id: isOpencrvs ? asked.message_id : randomUUID(),
      message_ts: this.#time(),
      action: isOpencrvs ? 'search' : action,
      status: 'succ',
      total_count: isOpencrvs ? recordsIn(content) : 1,
      sender_id,
      receiver_id: isOpencrvs ? asked.receiver_id : asked.sender_id,
    }) as JsonObject;
    const parts = { header, message: nodeOf(content) as JsonObject };
    if (!signer) return printEnvelope('', parts);
    const { keyId, algorithm, privateKey } = signer;
    const created = Math.floor(this.#now() / 1000);
    const signature =
      signer.form === 'jws'
        ? await signJws(parts, { algorithm, kid: keyId, privateKey })
        : await signHttpSignature(parts, {
            senderId: sender_id,
            keyId,
            algorithm,
            privateKey,
            created,
            expires: created + 300,
          });
    return printEnvelope(signature, parts);
  }

  /** To the address in the request, as OpenCRVS does, and without a JSON type. */
  #callback(header: Json, body: string): Promise<unknown> {
    if (typeof header.sender_uri !== 'string') return Promise.resolve();
    const { resolve = (uri) => uri } = this.#options;
    return fetch(resolve(header.sender_uri), { method: 'POST', body }).catch(() => undefined);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** OpenCRVS counts the records of the whole answer in its header. */
function recordsIn({ search_response = [] }: Json): number {
  const items = search_response as { data: { reg_records: unknown[] } }[];
  return items.reduce((sum, { data }) => sum + data.reg_records.length, 0);
}

function acknowledgement(
  ack_status: string,
  error?: { code: string; message: string },
  correlation_id = 'none',
) {
  return {
    message: { ack_status, timestamp: new Date().toISOString(), correlation_id, ...(error ? { error } : {}) },
  };
}

const DATES = ['birthdate', 'dateOfEvent', 'birth_date', 'death_date'];

function fits(entry: Entry, criteria: Json): boolean {
  const event = String(criteria.reg_event_type ?? criteria.reg_type ?? '').toLowerCase();
  for (const type of ['death', 'marriage', 'divorce'] as const) {
    if (event.endsWith(type) && entry[type] === undefined) return false;
  }
  if (criteria.query_type === 'idtype-value') {
    const { type, value } = criteria.query as { type: string; value: string };
    return entry.identifiers[type] === value;
  }
  if (criteria.query_type !== 'predicate') return true;
  return (criteria.query as Json[]).every((line) =>
    [line.expression1, line.expression2].every((one) => {
      if (!one) return true;
      const { attribute_name, operator, attribute_value: to } = one as Record<string, string>;
      if (!DATES.includes(attribute_name ?? '')) return false;
      const type = (['death', 'marriage', 'divorce'] as const).find((one) => event.endsWith(one));
      const date = (attribute_name === 'dateOfEvent' && type ? entry[type] : entry.birth) ?? '';
      if (operator === 'ge') return date >= (to ?? '');
      return operator === 'le' ? date <= (to ?? '') : date === to;
    }),
  );
}

function spdciRecord({ identifiers, birth, death, marriage, divorce, more }: Entry): Json {
  return {
    identifier: Object.entries(identifiers).map(([identifier_type, identifier_value]) => ({
      identifier_type,
      identifier_value,
    })),
    birth_date: birth ?? '',
    death_date: death ?? '',
    ...(marriage === undefined ? {} : { marriage_date: marriage }),
    ...(divorce === undefined ? {} : { divorce_date: divorce }),
    ...more,
  };
}

function opencrvsRecord({ identifiers, birth, death, more }: Entry): Json {
  return {
    identifier: Object.entries(identifiers).map(([name, identifier]) => ({ name, identifier })),
    birthDate: birth,
    ...(death === undefined ? {} : { deathDate: death }),
    ...more,
  };
}
