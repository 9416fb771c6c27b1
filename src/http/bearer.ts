import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from './http-error.ts';

/**
 * Checks the token of a request.
 *
 * @param header the `Authorization` header
 * @param tokens any of which will do
 * @param wanted what to name in the answer
 * @throws {HttpError} 401
 */
export function assertBearer(header: string | undefined, tokens: readonly string[], wanted: string): void {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '';
  // All are compared, whichever fits.
  const fits = tokens.map((token) => sameSecret(given, token));
  if (fits.includes(true)) return;
  throw new HttpError('err.request.unauthorized', `Authorization: expected Bearer with ${wanted}`, 401, {
    'WWW-Authenticate': 'Bearer',
  });
}

/** Compares by hash, so that neither the length nor the first wrong character shows in the time it takes. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
