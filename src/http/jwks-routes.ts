import { hash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { addRoute } from './openapi/route.ts';

export interface JwksDependencies {
  /** Our public keys as a JWKS (RFC 7517), printed. */
  publishedKeys(): string;
}

/** Where our public keys are: senders seal to them, receivers verify with them. */
export const JWKS_PATHS = ['/.well-known/jwks.json', '/dci_api/v1/.well-known/jwks.json'] as const;

/**
 * `GET` of our key set, open to everybody; with an ETag, so that a client that has it already gets a 304.
 *
 * @param maxAgeSeconds how long it may be kept
 */
export function addJwksRoutes(
  app: Hono<AppEnv>,
  maxAgeSeconds: number,
  { publishedKeys }: JwksDependencies,
): void {
  const handler = (c: Context<AppEnv>) => {
    const jwks = publishedKeys();
    const etag = `"${hash('sha256', jwks, 'base64url')}"`;
    const headers = { ...ANSWER_HEADERS, 'Cache-Control': `public, max-age=${maxAgeSeconds}`, ETag: etag };
    if (isKnown(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
    return c.body(jwks, 200, { ...headers, 'Content-Type': 'application/json' });
  };
  for (const path of JWKS_PATHS) {
    addRoute(
      app,
      {
        method: 'get',
        path,
        summary: 'The bridge’s public keys (JWKS)',
        description: 'Those with `use: "enc"` are to seal messages to, the others to verify with.',
        tag: 'service',
        headers: { 'If-None-Match': 'The ETag of the key set that is known already.' },
        answers: {
          200: {
            description: 'The key set.',
            schema: z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
          },
          304: { description: 'It is the one that is known.' },
        },
      },
      handler,
    );
  }
}

/** RFC 9110, 13.1.2: any of a list, weakly compared. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const known = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes('*') || known.includes(etag);
}
