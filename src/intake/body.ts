import type { HonoRequest } from 'hono';
import { because, HttpError } from '../http/http-error.ts';

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
    throw mediaType('Content-Type: expected application/json');
  }
  const encoding = request.header('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw mediaType('Content-Encoding: send the body uncompressed');
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
  const fix = `the body is larger than ${limit} bytes; send fewer records a message`;
  // What is left of the body is not read: nothing else can come on this connection.
  return because('body.too_large', new HttpError('err.request.bad', fix, 413, { Connection: 'close' }));
}

function mediaType(fix: string): HttpError {
  return because('body.media_type', new HttpError('err.request.bad', fix, 415));
}
