import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { DciClientError } from '../dci/client/errors.ts';
import { OdooError } from '../odoo/errors.ts';
import { type Answer, notKnownBecause } from '../registries/answer.ts';
import { RegistriesError } from '../registries/errors.ts';
import type { Lookup, Lookups } from '../registries/lookups.ts';
import type { Registries } from '../registries/registries.ts';
import { testSource } from '../registries/test-source.ts';
import type { AppEnv } from './app-env.ts';
import { HttpError } from './http-error.ts';
import { ASKING_CAUSES } from './openapi/causes.ts';
import { type AnswerDescription, addRoute } from './openapi/route.ts';
import {
  asked,
  assessment,
  beneficiaries,
  birth,
  codesBody,
  death,
  disability,
  disabilitySync,
  duplication,
  duplicationBody,
  duplicationNotKnown,
  enrollment,
  type identifierBody,
  isPwd,
  listedSource,
  lookupBody,
  NOT_KNOWN_STATUS,
  notKnown,
  registrantBody,
  subscriptionBody,
  subscriptions,
  testedSource,
  unsubscribed,
} from './registry-schemas.ts';

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
  addRoute(
    app,
    {
      ...ASKING,
      method: 'get',
      path: '/api/sources',
      summary: 'List the registries that can be asked',
      description: 'From OpenSPP’s data sources and the settings; no secrets.',
      answers: { 200: { description: 'All of them.', schema: z.object({ sources: z.array(listedSource) }) } },
      errors: LISTING_CAUSES,
    },
    (c) => answered(c, async () => ({ sources: await registries.sources.list() })),
  );
  addRoute(
    app,
    {
      ...ASKING,
      path: '/api/sources/:code/test',
      summary: 'Try whether a registry lets us in',
      params: z.object({ code: z.string() }),
      answers: { 200: { description: 'How it went.', schema: testedSource } },
      errors: LISTING_CAUSES,
    },
    (c, { params }) => answered(c, (signal) => testSource(registries, params.code, { signal })),
  );
  addCrvsRoutes(app, registries, lookups);
  addIbrRoutes(app, registries, lookups);
  addDrRoutes(app, registries, lookups);
}

/** What keeps the list of registries, or a test of one, from being made. */
const LISTING_CAUSES = {
  502: 'Odoo refused, or its answer cannot be read. Trying again does not help.',
  503: 'Odoo cannot be reached now. Try again later.',
};

/** What these routes have in common. */
const ASKING = { method: 'post', tag: 'registries', errors: ASKING_CAUSES } as const;

/** What a look-up is answered with where it ends in neither yes nor no. */
const NOT_KNOWN_ANSWER = {
  description: 'Not known, and why: neither a yes nor a no.',
  schema: notKnown,
};

/** A look-up by an identifier: answered at once by `work`, or with `async: true` later. */
function postLookup(
  app: Hono<AppEnv>,
  path: string,
  summary: string,
  name: Lookup,
  lookups: Lookups | null,
  answer: AnswerDescription,
  work: (body: z.output<typeof identifierBody>, signal: AbortSignal) => Promise<Answer>,
): void {
  const answers = {
    200: answer,
    202: { description: 'Asked: the answer is fetched at `/api/answers`.', schema: asked },
    [NOT_KNOWN_STATUS]: NOT_KNOWN_ANSWER,
  };
  addRoute(app, { ...ASKING, path, summary, body: lookupBody, answers }, async (c, { body }) => {
    const { async, ...identifier } = body;
    if (async !== true) return lookedUp(c, (signal) => work(identifier, signal));
    if (!lookups) {
      throw new HttpError('err.service.unavailable', 'answers that come later are not kept here');
    }
    const { type, value, source } = identifier;
    try {
      return c.json(await lookups.ask(name, type, value, source, { signal: c.req.raw.signal }), 202);
    } catch (error) {
      if (!(error instanceof DciClientError) || error.code === 'request.invalid') throw httpErrorOf(error);
      return c.json(notKnownBecause(error), NOT_KNOWN_STATUS);
    }
  });
}

/** A look-up about a registrant of OpenSPP. */
function postRegistrant(
  app: Hono<AppEnv>,
  path: string,
  summary: string,
  answer: AnswerDescription,
  work: (body: z.output<typeof registrantBody>, signal: AbortSignal) => Promise<Answer>,
): void {
  const answers = { 200: answer, [NOT_KNOWN_STATUS]: NOT_KNOWN_ANSWER };
  addRoute(app, { ...ASKING, path, summary, body: registrantBody, answers }, (c, { body }) =>
    lookedUp(c, (signal) => work(body, signal)),
  );
}

function addCrvsRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  postLookup(
    app,
    '/api/crvs/verify-birth',
    'Ask a civil registry for the record of a birth',
    'verify-birth',
    lookups,
    { description: 'Whether it is registered, with its record.', schema: birth },
    async ({ type, value, source }, signal) =>
      (await registries.crvs(source)).verifyBirth(type, value, { signal }),
  );
  postLookup(
    app,
    '/api/crvs/check-death',
    'Ask a civil registry whether it knows of a death',
    'check-death',
    lookups,
    { description: 'Whether it does, with its date and number.', schema: death },
    async ({ type, value, source }, signal) =>
      (await registries.crvs(source)).checkDeath(type, value, { signal }),
  );
  post(
    app,
    '/api/crvs/subscribe',
    'Subscribe to vital events',
    subscriptionBody,
    { description: 'What became of each.', schema: subscriptions },
    async ({ types, source }, signal) => {
      const outcomes = await (await registries.crvs(source)).requestSubscriptions(types, {
        signal,
      });
      return { subscriptions: outcomes.map((one) => ({ ...one, error: one.error?.message ?? null })) };
    },
  );
  post(
    app,
    '/api/crvs/unsubscribe',
    'End subscriptions',
    codesBody,
    { description: 'What the registry says to it.', schema: unsubscribed },
    async (body, signal) =>
      (await registries.crvs(body.source)).unsubscribeEvents(body.codes, {
        signal,
      }),
  );
}

function addIbrRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  addRoute(
    app,
    {
      ...ASKING,
      path: '/api/ibr/check-duplication',
      summary: 'Ask whether a registrant is a beneficiary elsewhere',
      description: 'The outcome is also written where OpenSPP’s users look for it, unless `record` is false.',
      body: duplicationBody,
      answers: {
        200: { description: 'What was found, by each identifier.', schema: duplication },
        [NOT_KNOWN_STATUS]: { ...NOT_KNOWN_ANSWER, schema: duplicationNotKnown },
      },
    },
    (c, { body: { partnerId, source, record = true } }) =>
      lookedUp(c, async (signal) =>
        (await registries.ibr(source)).checkAndRecord(partnerId, record, { signal }),
      ),
  );
  postLookup(
    app,
    '/api/ibr/search',
    'Look for beneficiaries by an identifier',
    'search-beneficiary',
    lookups,
    { description: 'Those that were found.', schema: beneficiaries },
    async ({ type, value, source }, signal) =>
      (await registries.ibr(source)).searchBeneficiary(type, value, { signal }),
  );
  postLookup(
    app,
    '/api/ibr/enrollment',
    'Ask which programs somebody is in',
    'enrollment',
    lookups,
    { description: 'The programs.', schema: enrollment },
    async ({ type, value, source }, signal) =>
      (await registries.ibr(source)).getEnrollmentStatus(type, value, { signal }),
  );
}

function addDrRoutes(app: Hono<AppEnv>, registries: Registries, lookups: Lookups | null): void {
  postRegistrant(
    app,
    '/api/dr/status',
    'Ask a disability registry about a registrant',
    { description: 'What it says.', schema: disability },
    async ({ partnerId, source }, signal) =>
      (await registries.dr(source)).getDisabilityStatus(partnerId, { signal }),
  );
  postLookup(
    app,
    '/api/dr/assessment',
    'Ask for somebody’s functional assessment',
    'assessment',
    lookups,
    { description: 'The scores.', schema: assessment },
    async ({ type, value, source }, signal) =>
      (await registries.dr(source)).getFunctionalAssessment(type, value, { signal }),
  );
  postRegistrant(
    app,
    '/api/dr/is-pwd',
    'Ask whether a registrant is a person with disability',
    { description: 'By OpenSPP where that is up to date, else by the registry.', schema: isPwd },
    async ({ partnerId, source }, signal) => (await registries.dr(source)).isPwd(partnerId, { signal }),
  );
  const synced = { description: 'What the registry says, and what was written.', schema: disabilitySync };
  addRoute(
    app,
    {
      ...ASKING,
      path: '/api/dr/sync',
      summary: 'Write what a disability registry says into OpenSPP',
      body: registrantBody,
      answers: { 200: synced, [NOT_KNOWN_STATUS]: synced },
    },
    async (c, { body: { partnerId, source } }) => {
      try {
        const { signal } = c.req.raw;
        const sync = await (await registries.dr(source)).syncDisabilityData(partnerId, { signal });
        return c.json(sync, statusOf(sync.answer));
      } catch (error) {
        throw httpErrorOf(error);
      }
    },
  );
}

/** 200 means a yes or a no, and nothing else does: a client may look at the status alone. */
const statusOf = ({ kind }: Answer) => (kind === 'not_known' ? NOT_KNOWN_STATUS : 200);

async function lookedUp(
  c: Context<AppEnv>,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Response> {
  try {
    const answer = await work(c.req.raw.signal);
    return c.json(answer, statusOf(answer));
  } catch (error) {
    throw httpErrorOf(error);
  }
}

function post<T>(
  app: Hono<AppEnv>,
  path: string,
  summary: string,
  body: z.ZodType<T>,
  answer: AnswerDescription,
  work: (body: T, signal: AbortSignal) => Promise<object>,
): void {
  addRoute(app, { ...ASKING, path, summary, body, answers: { 200: answer } }, (c, given) =>
    answered(c, (signal) => work(given.body, signal)),
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
export function httpErrorOf(error: unknown): unknown {
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
