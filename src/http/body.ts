import type { HonoRequest } from 'hono';
import { HttpError } from './http-error.ts';

// JSON, labelled so or as text/plain (OpenCRVS), or not labelled at all.
const TAKEN = /^\s*(?:application\/(?:[\w.+-]+\+)?json|text\/plain)\s*(?:;|$)/i;

/**
 * The bytes of a request's body.
 *
 * @param limit bytes
 * @throws {HttpError} 413 over the limit, 415 for a form, a multipart or a compressed body
 */
export async function readBody(request: HonoRequest, limit: number): Promise<Uint8Array> {
  const type = request.header('content-type');
  if (type !== undefined && type !== '' && !TAKEN.test(type)) {
    throw new HttpError('err.request.bad', 'Content-Type: expected application/json', 415);
  }
  const encoding = request.header('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw new HttpError('err.request.bad', 'Content-Encoding: send the body uncompressed', 415);
  }
  const length = request.header('content-length');
  if (length !== undefined) {
    if (Number(length) > limit) throw tooLarge(limit);
    return new Uint8Array(await request.arrayBuffer());
  }
  return readChunks(request, limit);
}

/** A body without a length is counted as it comes. */
async function readChunks(request: HonoRequest, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): HttpError {
  return new HttpError(
    'err.request.bad',
    `the body is larger than ${limit} bytes; send fewer records a message`,
    413,
  );
}
