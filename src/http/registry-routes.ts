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
import { addRoute, type RouteDescription } from './openapi/route.ts';
import * as schemas from './registry-schemas.ts';
import { NOT_KNOWN_STATUS } from './registry-schemas.ts';

type Options = { signal: AbortSignal };
type Identified = z.output<typeof schemas.identifierBody>;
type OfRegistrant = z.output<typeof schemas.registrantBody>;

/** What these routes have in common. */
const ASKING = { method: 'post', tag: 'registries', errors: ASKING_CAUSES } as const;

/** What keeps the list of registries, or a test of one, from being made. */
const LISTING_CAUSES = {
  502: 'Odoo refused, or its answer cannot be read. Trying again does not help.',
  503: 'Odoo cannot be reached now. Try again later.',
};

/** What a look-up is answered with where it ends in neither yes nor no. */
const NOT_KNOWN_ANSWER = {
  description: 'Not known, and why: neither a yes nor a no.',
  schema: schemas.notKnown,
};

/** A route of look-ups. */
interface LookupRoute<Body> {
  path: string;
  summary: string;
  /** What a yes or a no is answered with. */
  answer: { description: string; schema: z.ZodType };
  ask(registries: Registries, body: Body, options: Options): Promise<Answer>;
}

/** Look-ups by an identifier, by the name under which they are asked asynchronously. */
const BY_IDENTIFIER: Readonly<Record<Lookup, LookupRoute<Identified>>> = {
  'verify-birth': {
    path: '/api/crvs/verify-birth',
    summary: 'Ask a civil registry for the record of a birth',
    answer: { description: 'Whether it is registered, with its record.', schema: schemas.birth },
    ask: async (registries, { type, value, source }, options) =>
      (await registries.crvs(source)).verifyBirth(type, value, options),
  },
  'check-death': {
    path: '/api/crvs/check-death',
    summary: 'Ask a civil registry whether it knows of a death',
    answer: { description: 'Whether it does, with its date and number.', schema: schemas.death },
    ask: async (registries, { type, value, source }, options) =>
      (await registries.crvs(source)).checkDeath(type, value, options),
  },
  'search-beneficiary': {
    path: '/api/ibr/search',
    summary: 'Look for beneficiaries by an identifier',
    answer: { description: 'Those that were found.', schema: schemas.beneficiaries },
    ask: async (registries, { type, value, source }, options) =>
      (await registries.ibr(source)).searchBeneficiary(type, value, options),
  },
  enrollment: {
    path: '/api/ibr/enrollment',
    summary: 'Ask which programs somebody is in',
    answer: { description: 'The programs.', schema: schemas.enrollment },
    ask: async (registries, { type, value, source }, options) =>
      (await registries.ibr(source)).getEnrollmentStatus(type, value, options),
  },
  assessment: {
    path: '/api/dr/assessment',
    summary: 'Ask for somebody’s functional assessment',
    answer: { description: 'The scores.', schema: schemas.assessment },
    ask: async (registries, { type, value, source }, options) =>
      (await registries.dr(source)).getFunctionalAssessment(type, value, options),
  },
};

/** Look-ups about a registrant of OpenSPP. */
const BY_REGISTRANT: readonly LookupRoute<OfRegistrant>[] = [
  {
    path: '/api/dr/status',
    summary: 'Ask a disability registry about a registrant',
    answer: { description: 'What it says.', schema: schemas.disability },
    ask: async (registries, { partnerId, source }, options) =>
      (await registries.dr(source)).getDisabilityStatus(partnerId, options),
  },
  {
    path: '/api/dr/is-pwd',
    summary: 'Ask whether a registrant is a person with disability',
    answer: {
      description: 'By OpenSPP where that is up to date, else by the registry.',
      schema: schemas.isPwd,
    },
    ask: async (registries, { partnerId, source }, options) =>
      (await registries.dr(source)).isPwd(partnerId, options),
  },
];

/**
 * The routes that ask registries. All but the list of sources take POST with JSON, so that no identifier is in an
 * address, which proxies log. Add them after the operator's routes: those guard everything under `/api`.
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
      answers: {
        200: { description: 'All of them.', schema: z.object({ sources: z.array(schemas.listedSource) }) },
      },
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
      answers: { 200: { description: 'How it went.', schema: schemas.testedSource } },
      errors: LISTING_CAUSES,
    },
    (c, { params }) => answered(c, (options) => testSource(registries, params.code, options)),
  );
  for (const [name, route] of Object.entries(BY_IDENTIFIER)) {
    addLookup(app, name as Lookup, route, registries, lookups);
  }
  for (const { path, summary, answer, ask } of BY_REGISTRANT) {
    const answers = { 200: answer, [NOT_KNOWN_STATUS]: NOT_KNOWN_ANSWER };
    addRoute(app, { ...ASKING, path, summary, body: schemas.registrantBody, answers }, (c, { body }) =>
      answered(c, (options) => ask(registries, body, options), statusOf),
    );
  }
  addSubscriptions(app, registries);
  addRecording(app, registries);
}

/** A look-up by an identifier: answered at once, or with `async: true` later. */
function addLookup(
  app: Hono<AppEnv>,
  name: Lookup,
  { path, summary, answer, ask }: LookupRoute<Identified>,
  registries: Registries,
  lookups: Lookups | null,
): void {
  const answers = {
    200: answer,
    202: { description: 'Asked: the answer is fetched at `/api/answers`.', schema: schemas.asked },
    [NOT_KNOWN_STATUS]: NOT_KNOWN_ANSWER,
  };
  addRoute(app, { ...ASKING, path, summary, body: schemas.lookupBody, answers }, async (c, { body }) => {
    const { async, ...identifier } = body;
    if (async !== true) return answered(c, (options) => ask(registries, identifier, options), statusOf);
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

function addSubscriptions(app: Hono<AppEnv>, registries: Registries): void {
  const subscribing = {
    ...ASKING,
    path: '/api/crvs/subscribe',
    summary: 'Subscribe to vital events',
    body: schemas.subscriptionBody,
    answers: { 200: { description: 'What became of each.', schema: schemas.subscriptions } },
  } satisfies RouteDescription;
  addRoute(app, subscribing, (c, { body: { types, source } }) =>
    answered(c, async (options) => {
      const outcomes = await (await registries.crvs(source)).requestSubscriptions(types, options);
      return { subscriptions: outcomes.map((one) => ({ ...one, error: one.error?.message ?? null })) };
    }),
  );
  const unsubscribing = {
    ...ASKING,
    path: '/api/crvs/unsubscribe',
    summary: 'End subscriptions',
    body: schemas.codesBody,
    answers: { 200: { description: 'What the registry says to it.', schema: schemas.unsubscribed } },
  } satisfies RouteDescription;
  addRoute(app, unsubscribing, (c, { body: { codes, source } }) =>
    answered(c, async (options) => (await registries.crvs(source)).unsubscribeEvents(codes, options)),
  );
}

/** Look-ups whose answer is written to OpenSPP. */
function addRecording(app: Hono<AppEnv>, registries: Registries): void {
  addRoute(
    app,
    {
      ...ASKING,
      path: '/api/ibr/check-duplication',
      summary: 'Ask whether a registrant is a beneficiary elsewhere',
      description: 'The outcome is also written where OpenSPP’s users look for it, unless `record` is false.',
      body: schemas.duplicationBody,
      answers: {
        200: { description: 'What was found, by each identifier.', schema: schemas.duplication },
        [NOT_KNOWN_STATUS]: { ...NOT_KNOWN_ANSWER, schema: schemas.duplicationNotKnown },
      },
    },
    (c, { body: { partnerId, source, record = true } }) =>
      answered(
        c,
        async (options) => (await registries.ibr(source)).checkAndRecord(partnerId, record, options),
        statusOf,
      ),
  );
  const synced = {
    description: 'What the registry says, and what was written.',
    schema: schemas.disabilitySync,
  };
  addRoute(
    app,
    {
      ...ASKING,
      path: '/api/dr/sync',
      summary: 'Write what a disability registry says into OpenSPP',
      body: schemas.registrantBody,
      answers: { 200: synced, [NOT_KNOWN_STATUS]: synced },
    },
    (c, { body: { partnerId, source } }) =>
      answered(
        c,
        async (options) => (await registries.dr(source)).syncDisabilityData(partnerId, options),
        ({ answer }) => statusOf(answer),
      ),
  );
}

/** 200 means a yes or a no, and nothing else does: a client may look at the status alone. */
const statusOf = ({ kind }: Answer) => (kind === 'not_known' ? NOT_KNOWN_STATUS : 200);

/** Answers with what the work gives. The work ends when the caller goes. */
async function answered<T extends object>(
  c: Context<AppEnv>,
  work: (options: Options) => Promise<T>,
  status: (given: T) => 200 | typeof NOT_KNOWN_STATUS = () => 200,
): Promise<Response> {
  try {
    const given = await work({ signal: c.req.raw.signal });
    return c.json(given, status(given));
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
