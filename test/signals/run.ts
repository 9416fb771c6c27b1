import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';
import { CivilRegistry } from '../../src/demo/civil-registry.ts';
import { populate } from '../../src/demo/population.ts';
import type { EventDetails } from '../../src/inbox/inbox.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startTracing } from '../../src/signals/start-tracing.ts';
import { ADMIN_TOKEN, accessOf, testBridge } from '../bridge.ts';
import { SwitchableProxy } from '../faults/switchable-proxy.ts';
import { PATIENCE } from '../patience.ts';
import { type Seeding, seeding } from '../sandbox/seeding.ts';
import { keptLog } from '../senders/support.ts';

const METRICS_TOKEN = 'a-token-for-metrics';
/** What the caller of the birth was part of. */
export const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

/** A span as the collector got it. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
}

interface Answered {
  status: number;
  text: string;
  /** The header of that name. */
  requestId: string | null;
}

/** What a bridge showed of itself while all that can happen to messages happened. */
export interface Shown {
  log: string;
  lines: Record<string, unknown>[];
  metrics: string;
  /** By a client without a token, a wrong one, the operator's; and on the address of its own, where one is asked for. */
  access: { none: number; wrong: number; admin: number; own: number; ownWithToken: number };
  answers: Record<string, Answered>;
  /** The events of the birth and of the death that had to wait for Odoo. */
  birth: EventDetails;
  delayed: EventDetails;
  spans: CollectedSpan[];
  /** The bodies as the collector got them. */
  collected: string;
  /** The `traceparent` of the calls that Odoo got. */
  odooTraceparents: string[];
  /** Names, identifiers and secrets: what nobody may see in any of it. */
  secrets: string[];
}

/** Runs a bridge with its log at trace, its metrics and its traces through everything that messages meet. */
export async function fullRun(): Promise<Shown> {
  const started = await startSandbox();
  const sandbox = { ...started, ...seeding(started) };
  const people = populate(sandbox);
  const registry = new CivilRegistry('crvs.signals.example');
  sandbox.create('spp.dci.crvs.sender', {
    name: 'Signalling Registry',
    sender_id: registry.senderId,
    public_key: registry.publicKey,
    algorithm: 'ed25519',
  });
  const odoo = new SwitchableProxy(sandbox.url);
  await odoo.up();
  const collector = await startCollector();
  const log = keptLog('trace');
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'bridge-under-test' };
  // The exporter reads the environment of the process.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const tracing = await startTracing(env, '0.0.0', log.log);
  const calls = watchCalls(new URL(sandbox.url).port);
  const bridge = await testBridge({
    access: { ...accessOf(sandbox), url: odoo.url },
    env: { METRICS_TOKEN, METRICS_LISTEN: '127.0.0.1:0' },
    file: {
      delivery: {
        backoff_initial_seconds: 0.05,
        backoff_maximum_seconds: 0.2,
        unanswered_grace_seconds: 0.1,
        poll_seconds: 0.05,
      },
    },
    log,
    tracing,
  });
  const answers: Record<string, Answered> = {};
  const post = async (title: string, path: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(bridge.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer = await response.text();
    answers[title] = {
      status: response.status,
      text: answer,
      requestId: response.headers.get('x-request-id'),
    };
  };
  const get = (url: string, token?: string) =>
    fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  const event = async (id: number) =>
    (await (await get(`${bridge.url}/api/events/${id}`, ADMIN_TOKEN)).json()) as EventDetails;
  const settled = (id: number) =>
    vi.waitFor(async () => {
      const found = await event(id);
      if (found.state !== 'settled') throw new Error(`event ${id} is not settled yet`);
      return found;
    }, PATIENCE);
  const uin = (value: string) => ({ type: 'UIN', value });
  const openspp = (type: string, date: string, ...identifiers: object[]) =>
    registry.notification({ event_type: type, event_date: date, identifiers });

  try {
    const birth = await openspp('BIRTH', '2024-03-08', uin(people.child.nationalId), {
      type: 'BRN',
      value: 'B-2024-77001',
    });
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
    await post('birth', '/crvs', birth, { traceparent });
    await post('birth again', '/crvs', birth);
    // Each before the next, so that no two share a batch.
    await settled(1);
    await post(
      'death',
      '/registry/notify',
      await registry.notification(spdciDeath(people.pensioner.nationalId)),
    );
    await settled(2);
    await post('stranger', '/crvs', await openspp('DEATH', '2024-11-11', uin('NID-7777-31337')));
    const forger = new CivilRegistry('forger');
    await post(
      'forged',
      '/crvs',
      await registry.notification(
        { event_type: 'DEATH', event_date: '2024-12-24', identifiers: [uin(people.bride.nationalId)] },
        forger.privateKey,
      ),
    );
    await post(
      'unknown sender',
      '/crvs',
      await forger.notification({ event_type: 'DEATH', identifiers: [uin('NID-5555-12345')] }),
    );
    await post('no JSON', '/crvs', '{"NID-5555-12346": Zebulon Quattlebaum');
    await post('unsigned', '/crvs', JSON.stringify({ ...JSON.parse(birth), signature: '' }));
    await post('callback', '/registry/on-search', birth);
    await settled(3);
    await odoo.down();
    await post('delayed', '/crvs', await openspp('MARRIAGE', '2024-06-15', uin(people.bride.nationalId)));
    await vi.waitFor(async () => {
      const { odoo: state } = (await (await get(`${bridge.url}/readyz`)).json()) as {
        odoo: { error: unknown };
      };
      if (state.error === null) throw new Error('the delivery has not met the outage yet');
    }, PATIENCE);
    await odoo.up();
    const delayed = await settled(4);
    const own = /"metrics":"(http[^"]+)"/.exec(log.text())?.[1] ?? '';
    const metricsOf = async (url: string, token?: string) => (await get(`${url}/metrics`, token)).status;
    const access = {
      none: await metricsOf(bridge.url),
      wrong: await metricsOf(bridge.url, 'some-other-token'),
      admin: await metricsOf(bridge.url, ADMIN_TOKEN),
      own: await metricsOf(own),
      ownWithToken: await metricsOf(own, METRICS_TOKEN),
    };
    const metrics = await (await get(`${bridge.url}/metrics`, METRICS_TOKEN)).text();
    const shown = { metrics, access, answers, birth: await event(1), delayed };
    await bridge.stop();
    return {
      ...shown,
      log: log.text(),
      lines: log.entries(),
      spans: collector.spans(),
      collected: collector.bodies.join('\n'),
      odooTraceparents: calls.stop(),
      secrets: [
        ...personalData(sandbox),
        'B-2024-77001',
        'D-2024-77002',
        'NID-7777-31337',
        'NID-5555',
        'Quattlebaum',
        sandbox.bridge.apiKey,
        sandbox.bridge.password,
        ADMIN_TOKEN,
        METRICS_TOKEN,
        registry.privateKey.export({ format: 'jwk' }).d ?? '',
      ],
    };
  } finally {
    await bridge.close();
    await odoo.down();
    await sandbox.close();
    await collector.close();
    vi.unstubAllEnvs();
  }
}

function spdciDeath(nationalId: string): object {
  return {
    transaction_id: 't-1',
    notify_event: [
      {
        reference_id: 'r-1',
        timestamp: '2024-12-02T08:00:00Z',
        data: {
          reg_event_type: 'spdci-common:RegistryEventType:Death',
          reg_record_type: 'Person',
          reg_records: [
            {
              identifier: [
                { identifier_type: 'UIN', identifier_value: nationalId },
                { identifier_type: 'DRN', identifier_value: 'D-2024-77002' },
              ],
              death_date: '2024-12-01',
            },
          ],
        },
      },
    ],
  };
}

/** Every name and every identifier that the sandbox's registrants have. */
function personalData(sandbox: Seeding): string[] {
  const values = (model: string, domain: unknown[], field: string) =>
    sandbox.rows(model, [field], domain).map((row) => String(row[field]));
  return [
    ...values('res.partner', [['is_registrant', '=', true]], 'name'),
    ...values('res.partner', [['is_registrant', '=', true]], 'family_name'),
    ...values('spp.registry.id', [], 'value'),
  ].filter((value) => value !== 'false');
}

/** A collector of OpenTelemetry's that keeps what it gets. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/traces') bodies.push(await text(request));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans: () =>
      bodies.flatMap((body) =>
        (
          JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: CollectedSpan[] }[] }[] }
        ).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Looks at the requests that come to a port of this process. */
function watchCalls(port: string): { stop(): string[] } {
  const seen: string[] = [];
  const look = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const { traceparent } = request.headers;
    if (String(request.socket.localPort) === port && typeof traceparent === 'string') seen.push(traceparent);
  };
  subscribe('http.server.request.start', look);
  return {
    stop() {
      unsubscribe('http.server.request.start', look);
      return seen;
    },
  };
}
