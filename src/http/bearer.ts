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
  if (carriesToken(header, tokens)) return;
  throw new HttpError('err.request.unauthorized', `Authorization: expected Bearer with ${wanted}`, 401, {
    'WWW-Authenticate': 'Bearer',
  });
}

/** Whether an `Authorization` header carries one of these tokens as a bearer. */
export function carriesToken(header: string | undefined, tokens: readonly string[]): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '';
  // All are compared, whichever fits.
  return tokens.map((token) => sameSecret(given, token)).includes(true);
}

/** Compares by hash, so that neither the length nor the first wrong character shows in the time it takes. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
