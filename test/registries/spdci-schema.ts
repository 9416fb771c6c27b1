import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { problemsOf, type Schema } from './json-schema.ts';

/**
 * What SPDCI's CRVS API v1.0.0 asks of requests, re-stated from `spec/crvs_api_v1.0.0.yaml` of
 * OpenSPP/spdci-compliance (`MsgHeader_V1.0.0`, `SearchRequest`, `SubscribeRequest`, `UnSubscribeRequest`,
 * `TxnStatusRequest`): names, types, enumerations and bounds. Where SPDCI_CRVS_SPEC names that file, requests are held
 * against the file itself as well.
 */
const text: Schema = { type: 'string' };
const id: Schema = { type: 'string', maxLength: 99 };
const time: Schema = { type: 'string', format: 'date-time' };
const locale: Schema = { type: 'string', pattern: '^[a-z]{3,3}$' };
const queryType: Schema = { type: 'string', enum: ['idtype-value', 'expression', 'predicate', 'graphql'] };

const header = (action: string): Schema => ({
  type: 'object',
  required: ['message_id', 'message_ts', 'action', 'sender_id', 'total_count'],
  properties: {
    version: text,
    message_id: text,
    message_ts: time,
    action: { type: 'string', enum: [action] },
    sender_id: text,
    sender_uri: { type: 'string', format: 'uri' },
    receiver_id: text,
    total_count: { type: 'integer' },
    is_msg_encrypted: { type: 'boolean' },
    meta: { type: 'object' },
  },
});

/** The specification's choice fits no whole number, which is both `integer` and `number`. */
const value: Schema = {
  oneOf: [
    { type: 'string' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'object' },
  ],
};
const comparison: Schema = {
  type: 'object',
  required: ['attribute_name', 'operator', 'attribute_value'],
  properties: {
    attribute_name: text,
    operator: { type: 'string', enum: ['gt', 'lt', 'eq', 'ge', 'le', 'in'] },
    attribute_value: value,
  },
};
const query: Schema = {
  anyOf: [
    { type: 'object', properties: { type: text, value: { type: 'object' } } },
    { type: 'object', properties: { type: text, value } },
    {
      type: 'array',
      items: {
        type: 'object',
        required: ['expression1'],
        properties: {
          seq_num: { type: 'number' },
          expression1: comparison,
          condition: { type: 'string', enum: ['and', 'or', 'not'] },
          expression2: comparison,
        },
      },
    },
  ],
};

const searchRequest: Schema = {
  type: 'object',
  required: ['transaction_id', 'search_request'],
  properties: {
    transaction_id: id,
    search_request: {
      type: 'array',
      items: {
        type: 'object',
        required: ['reference_id', 'timestamp', 'search_criteria'],
        properties: {
          reference_id: text,
          timestamp: time,
          search_criteria: {
            type: 'object',
            required: ['query_type', 'query'],
            properties: {
              version: text,
              reg_type: text,
              reg_record_type: text,
              query_type: queryType,
              query,
              sort: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { attribute_name: text, sort_order: { type: 'string', enum: ['asc', 'desc'] } },
                },
              },
              pagination: {
                type: 'object',
                required: ['page_size'],
                properties: { page_size: { type: 'number' }, page_number: { type: 'number' } },
              },
            },
          },
          locale,
        },
      },
    },
  },
};

const subscribeRequest: Schema = {
  type: 'object',
  required: ['transaction_id', 'subscribe_request'],
  properties: {
    transaction_id: id,
    subscribe_request: {
      type: 'array',
      items: {
        type: 'object',
        required: ['reference_id', 'timestamp', 'subscribe_criteria'],
        properties: {
          reference_id: text,
          timestamp: time,
          subscribe_criteria: {
            type: 'object',
            required: ['reg_event_type', 'filter', 'notify_record_type'],
            properties: {
              version: text,
              reg_type: text,
              reg_event_type: text,
              filter_type: queryType,
              filter: query,
              notify_record_type: text,
            },
          },
          locale,
        },
      },
    },
  },
};

const unsubscribeRequest: Schema = {
  type: 'object',
  required: ['transaction_id', 'timestamp', 'subscription_codes'],
  properties: { transaction_id: id, timestamp: time, subscription_codes: { type: 'array', items: id } },
};

const statusRequest: Schema = {
  type: 'object',
  required: ['transaction_id', 'txnstatus_request'],
  properties: {
    transaction_id: id,
    txnstatus_request: {
      type: 'object',
      required: ['reference_id', 'txn_type', 'attribute_type', 'attribute_value'],
      properties: {
        reference_id: text,
        txn_type: { type: 'string', enum: ['search', 'subscribe', 'unsubscribe'] },
        attribute_type: {
          type: 'string',
          enum: ['transaction_id', 'reference_id_list', 'correlation_id', 'subscription_code_list'],
        },
        attribute_value: { anyOf: [id, { type: 'array', items: text }] },
        locale,
      },
    },
  },
};

const envelope = (action: string, message: Schema): Schema => ({
  type: 'object',
  required: ['header', 'message'],
  properties: { signature: text, header: header(action), message },
});

const REQUESTS: Readonly<Record<string, Schema>> = {
  '/registry/search': envelope('search', searchRequest),
  '/registry/sync/search': envelope('search', searchRequest),
  '/registry/subscribe': envelope('subscribe', subscribeRequest),
  '/registry/unsubscribe': envelope('unsubscribe', unsubscribeRequest),
  '/registry/txn/status': envelope('txn-status', statusRequest),
  '/registry/sync/txn/status': envelope('txn-status', statusRequest),
};

interface Specification {
  paths: Record<string, { post?: { requestBody: { content: { 'application/json': { schema: Schema } } } } }>;
}

const file = process.env.SPDCI_CRVS_SPEC;
const specification = file ? (parse(readFileSync(file, 'utf8')) as Specification) : null;

/** What is wrong with a request to a path of SPDCI's CRVS API. */
export function spdciProblems(path: string, body: unknown): string[] {
  const schema = REQUESTS[path];
  if (!schema) return [`${path} is no operation`];
  const own = problemsOf(body, schema);
  if (!specification) return own;
  const filed = specification.paths[path]?.post?.requestBody.content['application/json'].schema;
  return filed ? [...own, ...problemsOf(body, filed, specification)] : own;
}
