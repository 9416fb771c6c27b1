import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { DciClientError } from '../dci/client/errors.ts';
import { OdooError } from '../odoo/errors.ts';
import { RegistriesError } from '../registries/errors.ts';
import type { Registries } from '../registries/registries.ts';
import { testSource } from '../registries/test-source.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';

const text = z.string().min(1).max(1000);
/** The code of a source; the service's own where left out. */
const source = text.optional();
const identifier = z.strictObject({ type: text, value: text, source });
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
export function addRegistryRoutes(app: Hono<AppEnv>, registries: Registries): void {
  app.get('/api/sources', (c) => answered(c, async () => ({ sources: await registries.sources.list() })));
  app.post('/api/sources/:code/test', (c) =>
    answered(c, (signal) => testSource(registries, c.req.param('code'), { signal })),
  );
  addCrvsRoutes(app, registries);
  addIbrRoutes(app, registries);
  addDrRoutes(app, registries);
}

function addCrvsRoutes(app: Hono<AppEnv>, registries: Registries): void {
  post(app, '/api/crvs/verify-birth', identifier, async ({ type, value, source }, signal) => ({
    record: await (await registries.crvs(source)).verifyBirth(type, value, { signal }),
  }));
  post(app, '/api/crvs/check-death', identifier, async ({ type, value, source }, signal) => ({
    deceased: await (await registries.crvs(source)).checkDeath(type, value, { signal }),
  }));
  post(app, '/api/crvs/subscribe', subscription, async ({ types, source }, signal) => {
    const outcomes = await (await registries.crvs(source)).requestSubscriptions(types, { signal });
    return { subscriptions: outcomes.map((one) => ({ ...one, error: one.error?.message ?? null })) };
  });
  post(app, '/api/crvs/unsubscribe', codes, async (body, signal) =>
    (await registries.crvs(body.source)).unsubscribeEvents(body.codes, { signal }),
  );
}

function addIbrRoutes(app: Hono<AppEnv>, registries: Registries): void {
  post(app, '/api/ibr/check-duplication', registrant, async ({ partnerId, source }, signal) =>
    (await registries.ibr(source)).checkDuplication(partnerId, { signal }),
  );
  post(app, '/api/ibr/search', identifier, async ({ type, value, source }, signal) => ({
    beneficiaries: await (await registries.ibr(source)).searchBeneficiary(type, value, { signal }),
  }));
  post(app, '/api/ibr/enrollment', identifier, async ({ type, value, source }, signal) =>
    (await registries.ibr(source)).getEnrollmentStatus(type, value, { signal }),
  );
}

function addDrRoutes(app: Hono<AppEnv>, registries: Registries): void {
  post(app, '/api/dr/status', registrant, async ({ partnerId, source }, signal) => ({
    status: await (await registries.dr(source)).getDisabilityStatus(partnerId, { signal }),
  }));
  post(app, '/api/dr/assessment', identifier, async ({ type, value, source }, signal) => ({
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
    const result = schema.safeParse(await c.req.json().catch(() => null));
    if (!result.success) throw badBody(result.error);
    return answered(c, (signal) => work(result.data, signal));
  });
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
): Promise<Response> {
  try {
    return c.json(await work(c.req.raw.signal));
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
