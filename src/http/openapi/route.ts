import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import type { AppEnv } from '../app-env.ts';
import { HttpError } from '../http-error.ts';

/** What one answer of a route looks like. */
export interface AnswerDescription {
  description: string;
  /** Of the JSON that it carries; none for an answer without a body, or with text of another type. */
  schema?: z.ZodType;
  /** Its media type; `application/json` where there is a schema and none is named. */
  type?: string;
}

/** The groups of routes in the document, in its order. */
export const TAGS = {
  notifications: 'Messages of civil registries. Each is signed: the signature in the envelope is the login.',
  events: 'The events in the inbox.',
  senders: 'The civil registries that are trusted.',
  registries: 'The registries that can be asked.',
  service: 'The state of the service, its keys and this document.',
} as const;
type Tag = keyof typeof TAGS;

/**
 * A route of the bridge, as the OpenAPI document has it. Routes under `/api` need the operator's token, and the document
 * says so by itself.
 */
export interface RouteDescription<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Hono writes it: `/api/events/:id{[0-9]+}`. */
  path: string;
  /** One line, without a full stop. */
  summary: string;
  /** Whatever else there is to know. */
  description?: string;
  tag: Tag;
  /** An object schema of the parameters in the path; texts where left out. */
  params?: P;
  /** An object schema of the query parameters. */
  query?: Q;
  /** Of the JSON in the request. */
  body?: B;
  /** The media types that a body may be labelled as; `application/json` where left out. */
  bodyTypes?: readonly string[];
  /** Request headers that mean something here, each with what. */
  headers?: Readonly<Record<string, string>>;
  /** By status. */
  answers: Readonly<Record<number, AnswerDescription>>;
  /** What the body may be, where the schema alone makes a poor example. */
  example?: unknown;
  /** Answers with the common error, by status, each with what causes it. 400, 401 and 403 are added where they can be. */
  errors?: Readonly<Record<number, string>>;
}

/** What was read from a request, in the form of the schemas. */
export interface RouteInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
}

/** By app, so that the document of an app has that app's routes. */
const described = new WeakMap<Hono<AppEnv>, RouteDescription[]>();

/** The routes of an app that were described, in the order in which they were added. */
export function descriptionsOf(app: Hono<AppEnv>): readonly RouteDescription[] {
  return described.get(app) ?? [];
}

/** Describes a route that is added elsewhere and reads its requests by itself. */
export function describeRoute(app: Hono<AppEnv>, description: RouteDescription): void {
  const routes = described.get(app) ?? [];
  routes.push(description);
  described.set(app, routes);
}

/**
 * Adds a route and describes it. What it is given was checked by the schemas of the description, so that the two cannot
 * disagree; what does not fit is refused with 400.
 *
 * @example
 * addRoute(
 *   app,
 *   {
 *     method: 'post',
 *     path: '/api/events/set-aside',
 *     summary: 'Set events aside',
 *     tag: 'events',
 *     body: z.strictObject({ ids: z.array(z.int().positive()) }),
 *     answers: { 200: { description: 'What was set aside.', schema: z.object({ set_aside: z.array(z.int()) }) } },
 *   },
 *   async (c, { body }) => c.json({ set_aside: await inbox.setAside(body.ids) }),
 * );
 */
export function addRoute<
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUnknown,
>(
  app: Hono<AppEnv>,
  description: RouteDescription<P, Q, B>,
  handler: (c: Context<AppEnv>, input: RouteInput<P, Q, B>) => Response | Promise<Response>,
): void {
  describeRoute(app, description);
  const { params, query, body } = description;
  app.on(description.method.toUpperCase(), description.path, async (c) =>
    handler(c, {
      params: checked(params, c.req.param()),
      query: checked(query, c.req.query()),
      body: body === undefined ? undefined : checked(body, await c.req.json().catch(() => null)),
    } as RouteInput<P, Q, B>),
  );
}

function checked<T>(schema: z.ZodType<T> | undefined, value: unknown): T | undefined {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw refused(result.error);
  return result.data;
}

/** Names the field, and quotes nothing that the caller wrote. */
function refused({ issues }: z.ZodError): HttpError {
  const issue = firstOf(issues);
  return new HttpError(
    'err.request.bad',
    // The names of unknown members are the caller's own words.
    issue?.code === 'unrecognized_keys'
      ? 'body: there are members that this route does not know'
      : `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`,
  );
}

/** Of alternatives, the one with the fewest faults says what is wrong: "Invalid input" helps nobody. */
function firstOf(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const [issue] = issues;
  if (issue?.code !== 'invalid_union') return issue;
  const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length);
  const inner = nearest && firstOf(nearest);
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}
