import type { Hono } from 'hono';
import * as z from 'zod';
import { VERSION } from '../../version.ts';
import type { AppEnv } from '../app-env.ts';
import { ANSWER_HEADERS } from '../headers.ts';
import { docsPage, PAGE_POLICY } from './docs-page.ts';
import { type OpenApiDocument, openApiDocument } from './document.ts';
import { addRoute, descriptionsOf } from './route.ts';

/**
 * `GET /openapi.json`: the document of all routes of the app that were described; `GET /docs`: the same for people.
 * Open to everybody: it says what there is, and gives nobody a right to it.
 */
export function addDocumentRoutes(app: Hono<AppEnv>): void {
  let made: { routes: number; document: OpenApiDocument } | null = null;
  // Made when it is first asked for: routes may be added after this one.
  const document = () => {
    const routes = descriptionsOf(app);
    if (made?.routes !== routes.length)
      made = { routes: routes.length, document: openApiDocument(routes, VERSION) };
    return made.document;
  };
  addRoute(
    app,
    {
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      tag: 'service',
      answers: {
        200: {
          description: 'OpenAPI 3.1.',
          schema: z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) }),
        },
      },
    },
    (c) => c.json(document(), 200, ANSWER_HEADERS),
  );
  app.get('/docs', (c) =>
    c.html(docsPage(document()), 200, { ...ANSWER_HEADERS, 'Content-Security-Policy': PAGE_POLICY }),
  );
}
