import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { DciClientError } from '../dci/client/errors.ts';
import { OdooError } from '../odoo/errors.ts';
import { RegistriesError } from '../registries/errors.ts';
import type { Lookup, Lookups } from '../registries/lookups.ts';
import type { Registries } from '../registries/registries.ts';
import { testSource } from '../registries/test-source.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';

const text = z.string().min(1).max(1000);
/** The code of a source; the service's own where left out. */
const source = text.optional();
const identifier = z.strictObject({ type: text, value: text, source });
/** With `async: true` the answer comes later, and is fetched at `/api/answers`. */
const lookup = identifier.extend({ async: z.boolean().optional() });
const registrant = z.strictObject({ partnerId: z.int().positive(), source });
const subscription = z.strictObject({ types: z.array(text).min(1).max(100).optional(), source });
const codes = z.strictObject({ codes: z.array(text).min(1).max(1000), source });

/**
 * The routes that ask registries. All but the list of sources take POST with JSON, so that no identifier stands in an
 * address, which proxies log. Add them after the operator's routes: those guard everything under `/api`.
 *
 * `GET /api/sources`, `POST /api/sources/:code/test`; `/api/crvs/verify-birth`, `check-death`, `subscribe`,
 * `unsubscribe`; `/api/ibr/check-duplication`, `search`, `enrollment`; `/api/dr/status`, `assessment`, `is-pwd`, `sync`.
 */
export function addRegistryRoutes(
  app: Hono<AppEnv>,
  registries: Registries,
  lookups: Lookups | null = null,
): void {
  app.get('/api/sources', (c) => answered(c, async () => ({ sources: await registries.sources.list() })));
  app.post('/api/sources/:code/test', (c) =>
    answered(c, (signal) => testSource(registries, c.req.param('code'), { signal })),
  );
  addCrvsRoutes(app, registries, lookups);
  addIbrRoutes(app, registries, lookups);
  addDrRoutes(app, registries, lookups);
}

/** A look-up by an identifier: answered at once by `work`, or with `async: true` later. */
function postLookup(
  app: Hono<AppEnv>,
  path: string,
  name: Lookup,
  lookups: Lookups | null,
  work: (body: z.infer<typeof identifier>, signal: AbortSignal) => Promise<object>,
): void {
  app.post(path, async (c) => {
    const body = await checkedBody(c, lookup);
    if (body.async !== true) return answered(c, (signal) => work(body, signal));
    if (!lookups) {
      throw new HttpError('err.service.unavailable', 'answers that come later are not kept here');
    }
    const { type, value, source } = body;
    return answered(c, (signal) => lookups.ask(name, type, value, source, { signal }), 202);
  });
}

/** Milliseconds that a code which comes to `on-subscribe` is waited for: it is remembered whenever it comes. */
const SUBSCRIBE_WAIT_MS = 5000;

function addCrvsRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  postLookup(
    app,
    '/api/crvs/verify-birth',
    'verify-birth',
    lookups,
    async ({ type, value, source }, signal) => ({
      record: await (await registries.crvs(source)).verifyBirth(type, value, { signal }),
    }),
  );
  postLookup(
    app,
    '/api/crvs/check-death',
    'check-death',
    lookups,
    async ({ type, value, source }, signal) => ({
      deceased: await (await registries.crvs(source)).checkDeath(type, value, { signal }),
    }),
  );
  post(app, '/api/crvs/subscribe', subscription, async ({ types, source }, signal) => {
    const outcomes = await (await registries.crvs(source)).requestSubscriptions(types, {
      signal,
      waitMs: SUBSCRIBE_WAIT_MS,
    });
    return { subscriptions: outcomes.map((one) => ({ ...one, error: one.error?.message ?? null })) };
  });
  post(app, '/api/crvs/unsubscribe', codes, async (body, signal) =>
    (await registries.crvs(body.source)).unsubscribeEvents(body.codes, { signal, waitMs: SUBSCRIBE_WAIT_MS }),
  );
}

function addIbrRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  post(app, '/api/ibr/check-duplication', registrant, async ({ partnerId, source }, signal) =>
    (await registries.ibr(source)).checkDuplication(partnerId, { signal }),
  );
  postLookup(
    app,
    '/api/ibr/search',
    'search-beneficiary',
    lookups,
    async ({ type, value, source }, signal) => ({
      beneficiaries: await (await registries.ibr(source)).searchBeneficiary(type, value, { signal }),
    }),
  );
  postLookup(app, '/api/ibr/enrollment', 'enrollment', lookups, async ({ type, value, source }, signal) =>
    (await registries.ibr(source)).getEnrollmentStatus(type, value, { signal }),
  );
}

function addDrRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  post(app, '/api/dr/status', registrant, async ({ partnerId, source }, signal) => ({
    status: await (await registries.dr(source)).getDisabilityStatus(partnerId, { signal }),
  }));
  postLookup(app, '/api/dr/assessment', 'assessment', lookups, async ({ type, value, source }, signal) => ({
    assessment: await (await registries.dr(source)).getFunctionalAssessment(type, value, { signal }),
  }));
  post(app, '/api/dr/is-pwd', registrant, async ({ partnerId, source }, signal) => ({
    isPwd: await (await registries.dr(source)).isPwd(partnerId, { signal }),
  }));
  post(app, '/api/dr/sync', registrant, async ({ partnerId, source }, signal) =>
    (await registries.dr(source)).syncDisabilityData(partnerId, { signal }),
  );
}

function post<T>(
  app: Hono<AppEnv>,
  path: string,
  schema: z.ZodType<T>,
  work: (body: T, signal: AbortSignal) => Promise<object>,
): void {
  app.post(path, async (c) => {
    const body = await checkedBody(c, schema);
    return answered(c, (signal) => work(body, signal));
  });
}

async function checkedBody<T>(c: Context<AppEnv>, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(await c.req.json().catch(() => null));
  if (!result.success) throw badBody(result.error);
  return result.data;
}

function badBody({ issues }: z.ZodError): HttpError {
  const [issue] = issues;
  return new HttpError(
    'err.request.bad',
    // The names of unknown members are the caller's own words.
    issue?.code === 'unrecognized_keys'
      ? 'body: there are members that this route does not know'
      : `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`,
  );
}

/** Ends the work when the caller goes. */
async function answered(
  c: Context<AppEnv>,
  work: (signal: AbortSignal) => Promise<object>,
  status: 200 | 202 = 200,
): Promise<Response> {
  try {
    return c.json(await work(c.req.raw.signal), status);
  } catch (error) {
    throw httpErrorOf(error);
  }
}

/** An error in HTTP's terms: its message names no value, and what a registry said in its own words stays here. */
function httpErrorOf(error: unknown): unknown {
  if (error instanceof DciClientError) return new HttpError(...clientStatus(error));
  if (error instanceof RegistriesError) {
    if (error.code === 'registrant.unknown' || error.code === 'source.unknown')
      return new HttpError('err.request.not_found', error.message);
    if (error.code === 'registrant.no_identifiers' || error.code === 'source.wrong_type')
      return new HttpError('err.request.bad', error.message, 422);
    return new HttpError('err.service.unavailable', error.message);
  }
  if (error instanceof OdooError)
    return new HttpError('err.service.unavailable', error.message, error.transient ? 503 : 502);
  return error;
}

function clientStatus(error: DciClientError): ConstructorParameters<typeof HttpError> {
  if (error.code === 'request.invalid') return ['err.request.bad', error.message];
  if (error.code === 'registry.timeout') return ['err.service.unavailable', error.message, 504];
  // 502: it is the other side that failed. 503 is for what is worth trying again.
  return ['err.service.unavailable', error.message, error.transient ? 503 : 502];
}
