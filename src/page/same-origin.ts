import type { HonoRequest } from 'hono';

/**
 * Whether a request was made by a page of this address, as its browser says: `Sec-Fetch-Site` where it says that (over
 * TLS, and to this machine), else `Origin`. One that says neither is no browser of today; its form's token decides.
 */
export function isSameOrigin(request: HonoRequest): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = request.header('origin');
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return host === request.header('host') || host === request.header('x-forwarded-host');
}
