/** How long fetched keys are taken as fresh; milliseconds. */
export interface LifetimeBounds {
  minimumMs: number;
  /** Where the answer does not say. */
  defaultMs: number;
  maximumMs: number;
}

/** The response headers that say how long an answer may be kept (RFC 9111). */
export interface CacheHeaders {
  cacheControl?: string | undefined;
  expires?: string | undefined;
  date?: string | undefined;
  age?: string | undefined;
}

/**
 * How long an answer is kept before it is fetched again: `max-age`, else `Expires`, less its `Age`, within the bounds.
 * `no-store` and `no-cache` mean the shortest time. `s-maxage` is for shared caches, which this is not.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds
 */
export function lifetimeMs(headers: CacheHeaders, bounds: LifetimeBounds, now: number): number {
  const told = toldMs(headers, now);
  const wanted = told ?? bounds.defaultMs;
  return Math.max(bounds.minimumMs, Math.min(wanted, bounds.maximumMs));
}

function toldMs({ cacheControl, expires, date, age }: CacheHeaders, now: number): number | null {
  const directives = (cacheControl ?? '').toLowerCase().split(',');
  const names = directives.map((directive) => directive.trim().split('=')[0]?.trim());
  if (names.includes('no-store') || names.includes('no-cache')) return 0;
  const spent = /^\d{1,9}$/.test(age ?? '') ? Number(age) * 1000 : 0;
  for (const directive of directives) {
    const seconds = /^\s*max-age\s*=\s*"?(\d+)"?\s*$/.exec(directive)?.[1];
    if (seconds !== undefined) return Number(seconds) * 1000 - spent;
  }
  if (expires === undefined) return null;
  // An `Expires` that is no date means that it has expired (RFC 9111, 5.3).
  const until = Date.parse(expires);
  if (Number.isNaN(until)) return 0;
  const sent = Date.parse(date ?? '');
  return until - (Number.isNaN(sent) ? now : sent) - spent;
}
