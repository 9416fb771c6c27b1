import { createHmac } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type OpenApiDocument,
  type Operation,
  openApiPath,
  type Parameter,
} from '../../../src/http/openapi/document.ts';
import { exampleOf } from '../../../src/http/openapi/example.ts';
import type { JsonSchema } from '../../../src/http/openapi/json-schema.ts';
import { ADMIN_TOKEN, type TestBridge, testBridge } from '../../bridge.ts';
import { spans } from '../../docs/documents.ts';
import { PATIENCE } from '../../patience.ts';
import { StandIn } from '../../registries/stand-in.ts';
import { Generator } from './generate.ts';
import { isUndescribed } from './undescribed.ts';

const SECRET = 'a-secret-of-those-who-sign-by-hmac';
/** What registries and Odoo may bring about; a fault of the bridge itself is 500. */
const OTHERS_FAULTS = [502, 503, 504];

let registry: StandIn;
let bridge: TestBridge;
let document: OpenApiDocument;
let person: number;
/** Of a question that was asked. */
let transaction: string;
/** Of a screening that failed: there is no such program. */
let screening: string;

beforeAll(async () => {
  registry = await new StandIn({
    entries: [
      {
        identifiers: { UIN: 'UIN', NATIONAL_ID: 'N-1' },
        birth: '2020-01-15',
        more: { programs: ['Grant'], disability_status: 'approved', functional_scores: { Vision: 3 } },
      },
    ],
    subscribeAtOnce: true,
  }).start();
  bridge = await testBridge({
    openspp: { disability: true },
    env: {
      OPENCRVS_WEBHOOK_SECRETS: SECRET,
      OPENCRVS_EVENTS_SECRET: SECRET,
      MOSIP_SECRET: SECRET,
      // So that what is made at random gets past the signature.
      ALLOW_UNSIGNED: 'true',
    },
    file: {
      mosip: { topics: ['partner/CREDENTIAL_ISSUED', 'partner/OTHER'] },
      // Nobody confirms the end of a subscription either.
      subscriptions: { confirmation_seconds: 0.05 },
    },
    seed(sandbox) {
      [person = 0] = sandbox.people({ national_id: 'N-1' });
      for (const code of ['crvs_main', 'ibr_main', 'dr_main'])
        sandbox.source({ code, base_url: registry.url });
    },
  });
  document = (await (await bridge.app.request('/openapi.json')).json()) as OpenApiDocument;
  const asked = await bridge.api('crvs/check-death', { type: 'UIN', value: 'UIN', async: true });
  transaction = asked.json.transactionId;
  const begun = await bridge.api('screenings', {
    kind: 'deaths',
    population: { of: 'program', id: 999_999 },
  });
  screening = begun.json.screening.id;
  await vi.waitFor(async () => {
    const shown = await bridge.api(`screenings/${screening}`);
    expect(shown.json).toMatchObject({ screening: { state: 'failed' } });
  }, PATIENCE);
});
afterAll(async () => {
  await bridge.close();
  await registry.close();
});

describe('the OpenAPI document', () => {
  it('has every route of the bridge', () => {
    const missing = bridge.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !isUndescribed(path))
      .filter(({ method, path }) => !document.paths[openApiPath(path)]?.[method.toLowerCase()])
      .map(({ method, path }) => `${method} ${path}`);
    expect(
      missing,
      'These routes are not described. Add them with addRoute() instead of app.get() or app.post(), or describe them ' +
        'with describeRoute() (both in src/http/openapi/route.ts, with an example); a page or form for people goes ' +
        'into the list in test/http/openapi/undescribed.ts.',
    ).toEqual([]);
  });

  it('has the routes that the other documents name', () => {
    const there = new Set(
      bridge.app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+(?:\{[^}]*\})?/g, '*')}`),
    );
    const asked = spans().flatMap(({ file, code }) =>
      [...code.matchAll(/^(GET|POST|DELETE|PUT) (\/[\w./{}:-]*)/g)].map(([, method = '', path = '']) => ({
        file,
        route: `${method} ${path.replaceAll(/\{\w+\}|:\w+|(?<=\/)[A-Z]+(?=\/|$)/g, '*')}`,
      })),
    );
    expect(asked.length).toBeGreaterThan(30);
    // Countries' configuration servers have `/trigger`; dots stand for all routes.
    const own = asked.filter(({ route }) => !/ \/trigger|\.\.\.$/.test(route));
    expect(own.filter(({ route }) => !there.has(route))).toEqual([]);
  });

  it('has no route that the bridge has not', () => {
    const there = new Set(
      bridge.app.routes.map(({ method, path }) => `${method.toLowerCase()} ${openApiPath(path)}`),
    );
    const described = operations().map(({ method, path }) => `${method} ${path}`);
    expect(described.filter((route) => !there.has(route))).toEqual([]);
    expect(described.length).toBeGreaterThan(25);
  });

  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    expect(
      references.map(([, name = '']) => name).filter((name) => !document.components.schemas[name]),
    ).toEqual([]);
  });

  it('asks for the token under /api, and nowhere else', () => {
    for (const { path, operation } of operations())
      expect(operation.security, path).toEqual(path.startsWith('/api/') ? [{ adminToken: [] }] : []);
  });

  it('can be read by people, without scripts and without other hosts', async () => {
    const page = await bridge.app.request('/docs');
    const text = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text).not.toMatch(/<script|<link|<img|\son\w+=|https?:\/\//i);
    // One entry a route: other paths of the same route are named in it.
    const shown = operations().filter(({ operation }) => text.includes(`id="${operation.operationId}"`));
    for (const { operation } of shown) expect(text).toContain(`href="#${operation.operationId}"`);
    for (const { path } of operations()) expect(text).toContain(`${path}</code>`);
    const summaries = shown.map(({ method, operation }) => `${method} ${operation.summary}`);
    expect(summaries.filter((one, at) => summaries.indexOf(one) !== at)).toEqual([]);
    expect(shown.length).toBeLessThan(operations().length);
    expect(text).toContain('href="./"');
    for (const language of ['curl', 'TypeScript', 'Python'])
      expect(text.split(`<summary>${language}</summary>`).length - 1).toBe(shown.length);
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...text.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has an example of each body and answer, which its schema takes', () => {
    const ajv = new Ajv2020.Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'document', ...document });
    for (const { path, method, operation } of operations()) {
      const bodies: { content?: Record<string, { schema: JsonSchema; example?: unknown }> }[] = [
        operation.requestBody ?? {},
        ...Object.values(operation.responses),
      ];
      for (const { schema, example } of bodies.flatMap((one) => Object.values(one.content ?? {}))) {
        const given = example ?? exampleOf(schema, document.components.schemas);
        const validate = ajv.compile(
          JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')),
        );
        expect(validate(given), `${method} ${path}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      }
    }
  });

  it('says what causes each error, in words of its own', () => {
    for (const { path, operation } of operations())
      for (const [status, { description }] of Object.entries(operation.responses))
        if (Number(status) >= 400) expect(description, `${path} ${status}`).toMatch(/\.$/);
  });
});

describe('routes called at random from it', () => {
  const CALLS = 16;
  // Long enough for a busy machine; what a call may take is not what is tested.
  it('answer as described, with no fault of the bridge’s own', async () => {
    const generator = new Generator(20_261_121, document.components.schemas);
    const fits = answerValidator(document);
    const seen = new Map<string, Set<number>>();
    for (const { method, path, operation } of operations()) {
      const statuses = new Set<number>();
      for (let call = 0; call < CALLS; call += 1) {
        const { address, init, note } = requestFor(method, path, operation, generator, call);
        const response = await bridge.app.request(address, init);
        const { status } = response;
        const where = `${note}: ${status}`;
        expect(status < 500 || OTHERS_FAULTS.includes(status), where).toBe(true);
        const described = operation.responses[status];
        expect(described, `${where} is not described`).toBeDefined();
        const text = await response.text();
        const [type] = Object.keys(described?.content ?? {});
        expect((response.headers.get('content-type') ?? undefined)?.split(';')[0], where).toBe(type);
        if (type === 'application/json')
          expect(fits(method, path, status, JSON.parse(text)), where).toEqual([]);
        statuses.add(status);
      }
      seen.set(`${method} ${path}`, statuses);
    }
    // Nothing would be shown by calls that are all turned away; 424 is an answer: not known.
    const never = [...seen].filter(
      ([, statuses]) => ![...statuses].some((status) => status < 300 || status === 424),
    );
    expect(never.map(([route]) => route)).toEqual([]);
  });
});

interface Listed {
  method: string;
  path: string;
  operation: Operation;
}

function operations(): Listed[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** The first two calls fit the schemas, so that every route gets some that it can serve. */
function requestFor(method: string, path: string, operation: Operation, generator: Generator, call: number) {
  const spoils = call > 1 && generator.chance(0.5);
  const made = ({ schema }: Parameter) => {
    const value = spoils && generator.chance(0.5) ? generator.spoilt(schema) : generator.value(schema);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const parameters = operation.parameters ?? [];
  const id = path.startsWith('/api/screenings/') ? screening : String(call + 1);
  const known: Record<string, string> = { id, transaction };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    // Ids that may be there: events are made by the notifications that come first.
    return encodeURIComponent(parameter ? ((call < 2 ? known[name] : undefined) ?? made(parameter)) : 'x');
  });
  const own = call < 2 ? OWN[`${method} ${path}`] : undefined;
  const asked = parameters.filter(
    ({ in: place, required }) => place === 'query' && (required || generator.chance(0.5)),
  );
  const query = new URLSearchParams(
    own?.query ?? asked.map((one): [string, string] => [one.name, made(one)]),
  );
  // Nobody answers the question that is waited for.
  if (Number(query.get('wait')) > 1) query.set('wait', '1');
  const given: Record<string, string> = { 'content-type': 'application/json' };
  if (call < 2 || generator.chance(0.8)) given.authorization = `Bearer ${ADMIN_TOKEN}`;
  else if (generator.chance(0.5)) given.authorization = generator.pick(['Bearer x', 'Basic eDp5', 'Bearer ']);
  const body = operation.requestBody?.content['application/json']?.schema;
  const value = own?.body ?? (body && (spoils ? generator.spoilt(body) : fitting(generator, body)));
  const text = spoils && generator.chance(0.1) ? '{"' : JSON.stringify(value);
  if (call < 2 || generator.chance(0.5)) {
    given['x-hub-signature'] = `sha256=${createHmac('sha256', SECRET)
      .update(text ?? '')
      .digest('hex')}`;
  }
  const address = `${filled}${query.size === 0 ? '' : `?${query}`}`;
  return {
    address,
    init: { method: method.toUpperCase(), headers: given, ...(body ? { body: text } : {}) },
    note: `${method.toUpperCase()} ${address} ${body ? text.slice(0, 500) : ''}`,
  };
}

/** What a schema cannot say: topics that are subscribed to, days that are a range. */
const OWN: Readonly<Record<string, { query?: Record<string, string>; body?: object }>> = {
  'get /opencrvs/webhook': { query: { mode: 'subscribe', topic: 'BIRTH_REGISTERED', challenge: 'c' } },
  'post /opencrvs/webhook': {
    body: { id: 'w', timestamp: '2024-12-01', event: { hub: { topic: 'USER_CREATED' }, context: [] } },
  },
  'post /opencrvs/events': { body: { id: 'e', type: 'birth', actions: [] } },
  'get /mosip/credentials': {
    query: { 'hub.mode': 'subscribe', 'hub.topic': 'partner/CREDENTIAL_ISSUED', 'hub.challenge': 'c' },
  },
  'post /mosip/credentials': { body: { topic: 'partner/OTHER', event: {} } },
  'post /api/crvs/backfill': { body: { from: '2024-12-01', to: '2024-12-02', types: ['birth'] } },
};

/** What a schema cannot say: which identifier the registry knows, what a notification is. */
function fitting(generator: Generator, schema: Parameter['schema']): unknown {
  const value = generator.value(schema);
  const isEnvelope = typeof value === 'object' && value !== null && 'header' in value;
  if (!isEnvelope) {
    if (typeof value !== 'object' || value === null) return value;
    if ('type' in value) return { type: 'UIN', value: 'UIN' };
    return 'partnerId' in value ? { partnerId: person } : value;
  }
  const { signature: _, header, ...rest } = value as { signature?: unknown; header: Record<string, unknown> };
  const action = schema.$ref?.toString().endsWith('/Callback') ? 'on-search' : 'notify';
  return {
    ...rest,
    header: {
      ...header,
      version: '1.0.0',
      action,
      is_msg_encrypted: false,
      message_id: `m-${generator.whole(1, 1e9)}`,
      sender_id: 'crvs.test',
    },
    ...(generator.chance(0.5)
      ? {}
      : {
          message: {
            event_type: 'DEATH',
            event_date: '2024-12-01',
            identifiers: [{ type: 'UIN', value: '1' }],
          },
        }),
  };
}

/** Holds answers against the document; a member that is not described is a fault, too. */
function answerValidator(whole: OpenApiDocument) {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...(closed(whole) as object), $id: 'openapi' });
  return (method: string, path: string, status: number, value: unknown): unknown[] => {
    const pointer = [
      'paths',
      path,
      method,
      'responses',
      String(status),
      'content',
      'application/json',
      'schema',
    ];
    const escaped = pointer.map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    const validate = ajv.getSchema(`openapi#/${escaped.join('/')}`);
    if (!validate) throw new Error(`no schema at ${escaped.join('/')}`);
    return validate(value) ? [] : (validate.errors ?? []);
  };
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  return copy.type === 'object' && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}
