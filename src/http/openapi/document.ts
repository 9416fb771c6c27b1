import type * as z from 'zod';
import { errorSchema } from './error-schema.ts';
import { type JsonSchema, SchemaWriter } from './json-schema.ts';
import { type AnswerDescription, type RouteDescription, TAGS } from './route.ts';

/** An OpenAPI 3.1 document, as much of it as is written here. */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, object> };
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

const DESCRIPTION = `Receives DCI messages of civil registries, and delivers them to OpenSPP. Registries post signed
messages to the routes under "notifications"; operators use those under /api with their token. Every error has the
shape of an SPDCI acknowledgement.`;

/** The causes that every route of their kind has. */
const BAD_REQUEST = 'A parameter or the body does not fit its schema. The message names the field.';
const TOO_LARGE = 'The body is larger than 1 MiB.';
const GUARDED: Readonly<Record<number, string>> = {
  401: 'The header Authorization is missing, or its token is not the ADMIN_TOKEN.',
  403: 'The bridge has no ADMIN_TOKEN, so that the routes under /api are closed.',
};

/** Writes the OpenAPI document of routes. */
export function openApiDocument(routes: readonly RouteDescription[], version: string): OpenApiDocument {
  const schemas = new SchemaWriter();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemas) };
  }
  const used = new Set(routes.map(({ tag }) => tag));
  return {
    openapi: '3.1.1',
    info: {
      title: 'OpenSPP CRVS bridge',
      version,
      description: DESCRIPTION.replaceAll('\n', ' '),
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS)
      .filter(([name]) => used.has(name as keyof typeof TAGS))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'The ADMIN_TOKEN of the bridge.' },
      },
    },
  };
}

/** `/api/events/:id{[0-9]+}` as `/api/events/{id}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
}

/** The middleware guards by the same rule. */
const isGuarded = (path: string) => path.startsWith('/api/');

function operationOf(route: RouteDescription, schemas: SchemaWriter): Operation {
  const parameters = parametersOf(route, schemas);
  const { body, bodyTypes = ['application/json'], description, example } = route;
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(description === undefined ? {} : { description }),
    tags: [route.tag],
    security: isGuarded(route.path) ? [{ adminToken: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              bodyTypes.map((type) => [
                type,
                { schema: schemas.write(body), ...(example === undefined ? {} : { example }) },
              ]),
            ),
          },
        }),
    responses: responsesOf(route, schemas),
  };
}

/** `POST /api/events/:id/retry` as `postApiEventsIdRetry`. */
function operationIdOf({ method, path }: RouteDescription): string {
  const words = openApiPath(path).split(/[^A-Za-z0-9]+/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parametersOf({ path, params, query, headers = {} }: RouteDescription, schemas: SchemaWriter) {
  const given = membersOf(params, schemas);
  const inPath = [...openApiPath(path).matchAll(/\{(\w+)\}/g)].map(([, name = '']): Parameter => {
    const known = given.find((one) => one.name === name);
    return parameter(name, 'path', true, known?.schema ?? { type: 'string' });
  });
  const inQuery = membersOf(query, schemas).map(({ name, required, schema }) =>
    parameter(name, 'query', required, schema),
  );
  const inHeader = Object.entries(headers).map(([name, description]) =>
    parameter(name, 'header', false, { type: 'string', description }),
  );
  return [...inPath, ...inQuery, ...inHeader];
}

function parameter(
  name: string,
  place: Parameter['in'],
  required: boolean,
  { description, ...schema }: JsonSchema,
): Parameter {
  const described = typeof description === 'string' ? { description } : {};
  return { name, in: place, required, ...described, schema };
}

function membersOf(schema: z.ZodType | undefined, schemas: SchemaWriter) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.write(schema, 'output') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, inner]) => ({
    name,
    required: required.includes(name),
    schema: inner,
  }));
}

function responsesOf(route: RouteDescription, schemas: SchemaWriter): Operation['responses'] {
  const { path, params, query, body, answers, errors = {} } = route;
  const checked = params !== undefined || query !== undefined || body !== undefined;
  const guarded = isGuarded(path);
  const causes = {
    ...(guarded ? GUARDED : {}),
    ...(checked ? { 400: BAD_REQUEST } : {}),
    ...(guarded && body !== undefined ? { 413: TOO_LARGE } : {}),
    ...errors,
  };
  const failures = Object.entries(causes).map(([status, description]): [number, AnswerDescription] => [
    Number(status),
    { description, schema: errorSchema },
  ]);
  const all = [
    ...failures,
    ...Object.entries(answers).map(([status, one]) => [Number(status), one] as const),
  ];
  return Object.fromEntries(all.map(([status, answer]) => [status, responseOf(answer, schemas)]));
}

function responseOf({ description, schema, type }: AnswerDescription, schemas: SchemaWriter) {
  if (schema === undefined && type === undefined) return { description };
  const written = schema === undefined ? { type: 'string' } : schemas.write(schema);
  return { description, content: { [type ?? 'application/json']: { schema: written } } };
}
