import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type TestBridge, testBridge } from '../bridge.ts';
import { problemsOf, type Schema } from '../registries/json-schema.ts';

/**
 * The callback scenarios of OpenSPP/spdci-compliance for a civil registry's client (`crvs_notify`, `crvs_on-search`,
 * `crvs_on-subscribe`, `crvs_on-unsubscribe`, `crvs_txn_on-status`), against a running bridge that takes unsigned
 * messages: each is answered with 200 or 202, as JSON, by an acknowledgement. Where SPDCI_CRVS_SPEC names
 * `crvs_api_v1.0.0.yaml`, what is posted and what is answered are held against that file as well, as the suite does.
 */
let bridge: TestBridge;
beforeAll(async () => {
  bridge = await testBridge({ env: { ALLOW_UNSIGNED: 'true' } });
  return bridge.close;
});

const now = () => new Date().toISOString();
const ids = () => ({ transaction_id: randomUUID(), correlation_id: randomUUID() });

/** As the suite makes them: the signature is a word, and some headers are those of a request. */
function envelope(action: string, message: object, isCallback: boolean) {
  const header = {
    version: '1.0.0',
    message_id: randomUUID(),
    message_ts: now(),
    action,
    sender_id: 'test-client',
    receiver_id: 'registry-server',
    total_count: 1,
    ...(isCallback ? { status: 'succ', completed_count: 1 } : {}),
  };
  return { signature: 'unsigned', header, message };
}

const part = () => ({ reference_id: randomUUID(), timestamp: now() });
const record = (reg_records: unknown) => ({ version: '1.0.0', reg_record_type: 'Person', reg_records });

const SCENARIOS: [path: string, body: () => object][] = [
  [
    '/registry/notify',
    () => {
      const notify_event = [{ ...part(), data: record({}), locale: 'eng' }];
      return envelope('notify', { transaction_id: randomUUID(), notify_event }, true);
    },
  ],
  [
    '/registry/on-search',
    () =>
      envelope(
        'on-search',
        { ...ids(), search_response: [{ ...part(), status: 'succ', data: record([]) }] },
        true,
      ),
  ],
  [
    '/registry/on-subscribe',
    () => {
      const subscriptions = [{ code: randomUUID(), status: 'subscribe', timestamp: now() }];
      return envelope(
        'on-subscribe',
        { ...ids(), subscribe_response: [{ ...part(), status: 'succ', subscriptions }] },
        false,
      );
    },
  ],
  [
    '/registry/on-unsubscribe',
    () => {
      const subscription_status = [{ code: 'SUB-1', status: 'unsubscribe' }];
      return envelope(
        'on-unsubscribe',
        { ...ids(), timestamp: now(), status: 'succ', subscription_status },
        false,
      );
    },
  ],
  [
    '/registry/txn/on-status',
    () => {
      const told = ids();
      const txnstatus_response = { txn_type: 'search', txn_status: { ...ids(), search_response: [] } };
      return envelope('txn-on-status', { ...told, txnstatus_response }, true);
    },
  ],
];

const ACKNOWLEDGEMENT: Schema = {
  type: 'object',
  required: ['message'],
  properties: {
    message: {
      type: 'object',
      required: ['ack_status', 'timestamp', 'correlation_id'],
      properties: {
        ack_status: { type: 'string', enum: ['ACK'] },
        timestamp: { type: 'string', format: 'date-time' },
        correlation_id: { type: 'string', maxLength: 99 },
      },
    },
  },
};

interface Operation {
  requestBody: { content: { 'application/json': { schema: Schema } } };
}
const file = process.env.SPDCI_CRVS_SPEC;
const specification = file
  ? (parse(readFileSync(file, 'utf8')) as {
      paths: Record<string, { post: Operation }>;
      components: { responses: { Response: Operation['requestBody'] } };
    })
  : null;

describe('SPDCI’s callback scenarios', () => {
  it.each(SCENARIOS)('%s', async (path, make) => {
    const body = make();
    if (specification) {
      const { schema } = specification.paths[path]?.post.requestBody.content['application/json'] ?? {};
      expect(problemsOf(body, schema ?? { enum: [] }, specification)).toEqual([]);
    }
    const response = await bridge.send(path, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    });
    expect([200, 202]).toContain(response.status);
    expect(response.headers.get('content-type')?.split(';')[0]).toBe('application/json');
    const answer = response.json;
    expect(problemsOf(answer, ACKNOWLEDGEMENT)).toEqual([]);
    if (specification) {
      const { schema } = specification.components.responses.Response.content['application/json'];
      expect(problemsOf(answer, schema, specification)).toEqual([]);
    }
  });
});

it('a bridge that takes unsigned messages warns of it', () => {
  expect(bridge.entries().find(({ msg }) => String(msg).startsWith('ALLOW_UNSIGNED is on'))).toMatchObject({
    level: 'warn',
  });
});
