import { promises as dns, type LookupAddress } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { isIPv6 } from 'node:net';
import type { RefusedKey, VerificationKey } from '../dci/keys.ts';
import { orAborted } from '../lib/abort.ts';
import { literalAddress } from './address.ts';
import { JwksError } from './jwks-error.ts';
import { type LifetimeBounds, lifetimeMs } from './lifetime.ts';
import { readJwks } from './read-jwks.ts';
import { assertAllowedAddress, checkedJwksUrl, redirectedUrl, type UrlPolicy } from './url.ts';

/** From where, how long and for how long key sets are fetched. */
export interface FetchPolicy extends UrlPolicy, LifetimeBounds {
  /** Milliseconds for all of it: name look-up, redirects, the last byte. */
  timeoutMs: number;
}

export interface FetchJwksOptions extends FetchPolicy {
  /** Aborts: rejects with `jwks.timeout`. */
  signal?: AbortSignal | undefined;
  /** Looks a host name up; the system's way where left out. */
  resolve?: ((hostname: string) => Promise<LookupAddress[]>) | undefined;
}

/** A key set as its owner publishes it now. */
export interface FetchedJwks {
  keys: VerificationKey[];
  /** Keys that cannot verify, and why. */
  refused: RefusedKey[];
  /** Milliseconds for which it is fresh. */
  lifetimeMs: number;
}

/** The largest body that is read, in bytes. */
export const MAX_JWKS_BYTES = 256 * 1024;
const MAX_REDIRECTS = 3;

/**
 * Fetches the key set of a sender from the address that is registered for it.
 *
 * The name is resolved once, every address that it leads to is checked, and the connection goes to those very
 * addresses: a name that leads elsewhere a moment later (DNS rebinding) does not help. No proxy, no kept connection,
 * no credentials, no cookies.
 *
 * @throws {JwksError}
 */
export async function fetchJwks(url: string, options: FetchJwksOptions): Promise<FetchedJwks> {
  const signals = [AbortSignal.timeout(options.timeoutMs), ...(options.signal ? [options.signal] : [])];
  const signal = AbortSignal.any(signals);
  let target = checkedJwksUrl(url, options);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // A name look-up cannot be stopped, only left alone.
    const addresses = await orAborted(addressesOf(target, options), signal).catch((error: unknown) => {
      throw signal.aborted ? new JwksError('jwks.timeout') : error;
    });
    const response = await get(target, addresses, signal);
    if (REDIRECTS.has(response.statusCode ?? 0)) {
      response.destroy();
      target = redirectedUrl(target, response.headers.location, options);
      continue;
    }
    return await read(response, options, signal);
  }
  throw new JwksError('jwks.redirect');
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function addressesOf(url: URL, options: FetchJwksOptions): Promise<LookupAddress[]> {
  const literal = literalAddress(url.hostname);
  if (literal !== null) return [{ address: literal, family: isIPv6(literal) ? 6 : 4 }];
  const resolve = options.resolve ?? ((hostname: string) => dns.lookup(hostname, { all: true }));
  let addresses: LookupAddress[];
  try {
    addresses = await resolve(url.hostname);
  } catch (error) {
    throw unreachable(error);
  }
  if (addresses.length === 0) throw new JwksError('jwks.unreachable');
  // One that is not public is enough: which of them is taken is not ours to foresee.
  for (const { address } of addresses) assertAllowedAddress(address, options);
  return addresses;
}

function get(url: URL, addresses: LookupAddress[], signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = {
    // A connection of its own: a kept one may lead to an address that was not checked.
    agent: false,
    signal,
    headers: {
      Accept: 'application/jwk-set+json, application/json',
      'Accept-Encoding': 'identity',
      'User-Agent': 'openspp-crvs-bridge',
    },
    lookup: (_hostname, { all }, callback) => {
      const [first] = addresses;
      if (all) callback(null, addresses);
      else if (first) callback(null, first.address, first.family);
    },
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options);
    request.once('response', resolve);
    // Stays for errors after the response, too, which the reader of the body reports.
    request.on('error', (error) =>
      reject(signal.aborted ? new JwksError('jwks.timeout') : unreachable(error)),
    );
    request.end();
  });
}

async function read(
  response: IncomingMessage,
  bounds: LifetimeBounds,
  signal: AbortSignal,
): Promise<FetchedJwks> {
  const { statusCode = 0, headers } = response;
  try {
    if (statusCode !== 200) throw new JwksError('jwks.status', String(statusCode));
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new JwksError('jwks.encoding');
    const body = await bodyOf(response, signal);
    const { keys, refused } = readJwks(body, headers['content-type']);
    const { expires, date, age, 'cache-control': cacheControl } = headers;
    return {
      keys,
      refused,
      lifetimeMs: lifetimeMs({ cacheControl, expires, date, age }, bounds, Date.now()),
    };
  } finally {
    response.destroy();
  }
}

async function bodyOf(response: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > MAX_JWKS_BYTES) throw new JwksError('jwks.too_large');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_JWKS_BYTES) throw new JwksError('jwks.too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof JwksError) throw error;
    throw signal.aborted ? new JwksError('jwks.timeout') : unreachable(error);
  }
  return Buffer.concat(chunks);
}

/** The system's code, such as `ENOTFOUND`, says enough; messages may quote what was sent. */
function unreachable(error: unknown): JwksError {
  const code = (error as NodeJS.ErrnoException).code;
  return new JwksError(
    'jwks.unreachable',
    typeof code === 'string' && /^[A-Z_0-9]+$/.test(code) ? code : null,
  );
}
