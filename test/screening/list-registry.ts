import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Json = Record<string, unknown>;

export interface ListRegistryOptions {
  /** By UIN, the day. */
  deaths: ReadonlyMap<string, string>;
  /** UINs that it refuses to answer about. */
  refused?: ReadonlySet<string>;
  /** Requests that it takes in any second; more are answered with 429, and counted in `tooFast`. */
  perSecond?: number;
  /** Of requests that fail: 500, 503 or a cut connection. */
  failureRate?: number;
  /** Of questions that are refused, other ones each time. */
  refusalRate?: number;
  random?: () => number;
  /** Milliseconds that an answer takes. */
  answerMs?: number;
  /** Called with each request, with how many there were. */
  onRequest?: (count: number) => void;
}

export interface ListRegistry {
  url: string;
  readonly requests: number;
  /** Requests beyond `perSecond`. */
  readonly tooFast: number;
  /** The most requests in any second. */
  readonly mostInASecond: number;
  readonly questions: number;
  lastAsked: string[];
  close(): Promise<void>;
}

/** A civil and beneficiary registry that takes lists of questions: real HTTP on 127.0.0.1. */
export async function listRegistry(options: ListRegistryOptions): Promise<ListRegistry> {
  const { deaths, refused = new Set(), perSecond, failureRate = 0, refusalRate = 0, answerMs = 0 } = options;
  const random = options.random ?? Math.random;
  const counts = { requests: 0, tooFast: 0, mostInASecond: 0, questions: 0 };
  let recent: number[] = [];
  const registry = { lastAsked: [] as string[] };
  const server = createServer(async (request, response) => {
    const now = performance.now();
    recent = [...recent.filter((at) => at > now - 1000), now];
    counts.requests += 1;
    options.onRequest?.(counts.requests);
    counts.mostInASecond = Math.max(counts.mostInASecond, recent.length);
    const body = await text(request);
    if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
    if (perSecond !== undefined && recent.length > perSecond) {
      counts.tooFast += 1;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    if (random() < failureRate) {
      const kind = Math.floor(random() * 3);
      if (kind === 0) request.socket.destroy();
      else response.writeHead(kind === 1 ? 500 : 503).end('out of order');
      return;
    }
    const { header, message } = JSON.parse(body) as { header: Json; message: Json };
    const requests = message.search_request as Json[];
    counts.questions += requests.length;
    registry.lastAsked = requests.map(valueIn);
    const search_response = requests.map((one) => {
      const value = valueIn(one);
      const common = { reference_id: one.reference_id, timestamp: new Date().toISOString() };
      if (refused.has(value) || random() < refusalRate) {
        return { ...common, status: 'rjct', status_reason_code: 'rjct.search_criteria.invalid' };
      }
      const date = deaths.get(value);
      const identifier = [
        { identifier_type: 'NATIONAL_ID', identifier_value: value },
        { identifier_type: 'DRN', identifier_value: `D-${value}` },
      ];
      const reg_records = date === undefined ? [] : [{ identifier, death_date: date }];
      return { ...common, status: 'succ', data: { reg_records } };
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        signature: '',
        header: { ...header, action: 'on-search', status: 'succ' },
        message: { transaction_id: message.transaction_id, search_response },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return counts.requests;
    },
    get tooFast() {
      return counts.tooFast;
    },
    get mostInASecond() {
      return counts.mostInASecond;
    },
    get questions() {
      return counts.questions;
    },
    get lastAsked() {
      return registry.lastAsked;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function valueIn(request: Json): string {
  return ((request.search_criteria as Json).query as Json).value as string;
}
