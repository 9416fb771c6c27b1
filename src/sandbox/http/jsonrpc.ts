import { OdooException } from '../errors.ts';
import { missingArguments } from '../rpc/signature.ts';
import { serializeError } from './debug.ts';
import { jsonResponse, mediaType } from './json.ts';
import { originOf } from './origin.ts';
import { plainError, wrongContentType } from './pages.ts';
import type { Services } from './services.ts';

const ACCEPTED = ['application/json', 'application/json-rpc'];

/** Answers `POST /jsonrpc`: always 200, with a result or an error. */
export function answerJsonRpc(request: Request, services: Services): Promise<Response> {
  return answerEnvelope(request, '/jsonrpc', (params) => {
    const names = ['service', 'method', 'args'];
    const missing = names.filter((name) => !(name in params)).map((name) => ({ name }));
    if (missing.length > 0) throw missingArguments('JSONRPC.jsonrpc', missing);
    return services.dispatch(
      String(params.service),
      String(params.method),
      params.args as unknown[],
      originOf(request),
    );
  });
}

/** Answers any JSON-RPC envelope; `null` for a result is left out of the answer. */
export async function answerEnvelope(
  request: Request,
  route: string,
  answer: (params: Record<string, unknown>) => unknown,
): Promise<Response> {
  if (!ACCEPTED.includes(mediaType(request))) return wrongContentType(route, 'jsonrpc', ACCEPTED);
  let body: unknown;
  try {
    body = JSON.parse(await request.text());
  } catch {
    return plainError(400, 'Invalid JSON data');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return plainError(400, 'Invalid JSON-RPC data');
  }
  const id = 'id' in body ? body.id : null;
  const params = 'params' in body ? (body.params as Record<string, unknown>) : {};
  const head = { jsonrpc: '2.0', id };
  try {
    return jsonResponse({ ...head, result: answer(params) ?? undefined });
  } catch (error) {
    if (!(error instanceof OdooException)) throw error;
    const data = serializeError(error);
    return jsonResponse({ ...head, error: { code: 0, message: 'Odoo Server Error', data } });
  }
}
