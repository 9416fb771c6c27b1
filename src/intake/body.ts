import type { HonoRequest } from 'hono';
import { because, HttpError } from '../http/http-error.ts';
import type { BodyAccount } from './body-budget.ts';

// JSON, labelled so or as text/plain (OpenCRVS), or not labelled at all.
const TAKEN = /^\s*(?:application\/(?:[\w.+-]+\+)?json|text\/plain)\s*(?:;|$)/i;

/**
 * The bytes of a request's body.
 *
 * @param limit bytes
 * @param account of the memory that it takes
 * @throws {HttpError} 413 over the limit, 415 for a form, a multipart or a compressed body, 503 where all bodies
 *   together take too much
 */
export async function readBody(
  request: HonoRequest,
  limit: number,
  account: BodyAccount,
): Promise<Uint8Array> {
  const type = request.header('content-type');
  if (type !== undefined && type !== '' && !TAKEN.test(type)) {
    throw mediaType('Content-Type: expected application/json');
  }
  const encoding = request.header('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw mediaType('Content-Encoding: send the body uncompressed');
  }
  const length = request.header('content-length');
  if (length !== undefined) {
    if (Number(length) > limit) throw tooLarge(limit);
    // A usual message, on the short way.
    if (Number(length) <= SMALL_BYTES) return new Uint8Array(await request.raw.arrayBuffer());
  }
  return readChunks(request, limit, account);
}

/** Bodies of this size cost no more than their connection does. */
const SMALL_BYTES = 16_384;

/** What is large, or has no length, is counted as it comes: a length that is only announced takes nobody's place. */
async function readChunks(request: HonoRequest, limit: number, account: BodyAccount): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    if (!account.add(chunk.byteLength)) throw tooMany();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): HttpError {
  const fix = `the body is larger than ${limit} bytes; send fewer records a message`;
  // What is left of the body is not read: nothing else can come on this connection.
  return because('body.too_large', new HttpError('err.request.bad', fix, 413, { Connection: 'close' }));
}

function tooMany(): HttpError {
  const fix = 'too many large messages come at once; send it again later';
  return because(
    'body.no_room',
    new HttpError('err.service.unavailable', fix, 503, { 'Retry-After': '5', Connection: 'close' }),
  );
}

function mediaType(fix: string): HttpError {
  return because('body.media_type', new HttpError('err.request.bad', fix, 415));
}
