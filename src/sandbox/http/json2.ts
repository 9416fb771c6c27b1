import type { Accounts } from '../accounts.ts';
import { httpError, OdooException } from '../errors.ts';
import type { Caller } from '../rpc/call.ts';
import type { Arguments } from '../rpc/signature.ts';
import { serializeError } from './debug.ts';
import { isEncodable, jsonResponse, mediaType, parseFailure } from './json.ts';
import { originOf } from './origin.ts';
import { internalServerError, wrongContentType } from './pages.ts';

const ROUTE = '/json/2/<__model__>/<__method__>';

/** Answers `POST /json/2/<model>/<method>`. */
export async function answerJson2(
  request: Request,
  path: { model: string; method: string },
  parts: { accounts: Accounts; caller: Caller },
): Promise<Response> {
  const text = await request.text();
  const type = mediaType(request);
  if (type !== 'application/json' && (text !== '' || type !== '')) {
    return wrongContentType(ROUTE, 'json2', ['application/json']);
  }
  try {
    const uid = authorize(request, parts.accounts);
    const keywords = parseBody(text);
    if (/\\ud[89a-f]/i.test(text) && !isEncodable(keywords)) return internalServerError();
    const result = parts.caller.callByKeywords(uid, path.model, path.method, keywords, originOf(request));
    return jsonResponse(result ?? null);
  } catch (error) {
    if (!(error instanceof OdooException)) throw error;
    return failure(error);
  }
}

/** A failed call of JSON-2. */
export function failure(error: OdooException): Response {
  const headers: Record<string, string> = error.status === 401 ? { 'www-authenticate': 'Bearer ' } : {};
  return jsonResponse(serializeError(error), error.status, headers);
}

/** Any other path under `/json/2`, and any other verb. */
export function wrongJson2Path(): Response {
  return failure(httpError(404, 'Did you mean POST /json/2/<model>/<method>?'));
}

function authorize(request: Request, accounts: Accounts): number {
  const header = request.headers.get('authorization') ?? '';
  const key = /^bearer\s+(.+)$/i.exec(header)?.[1];
  if (key === undefined) {
    throw httpError(401, 'User not authenticated, use an API Key with a Bearer Authorization header.');
  }
  const uid = accounts.byApiKey(key.trim());
  if (uid === undefined) throw httpError(401, 'Invalid apikey');
  return uid;
}

/** Nothing, and anything that is empty, is no arguments. */
function parseBody(text: string): Arguments {
  if (text === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw httpError(400, `could not parse the body as json: ${parseFailure(text, error)}`);
  }
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Arguments) : {};
}
