import { normalise } from './normalise.ts';
import type { CallRequest, HttpRequest, ParityRequest, Scenario, ServiceRequest, User } from './request.ts';
import { type Answer, fill, send, type Target, xmlCall } from './target.ts';

/** What a server answered to one request, made comparable. */
export interface Exchange {
  name: string;
  answer: Answer;
}

/** Sends the requests of a scenario one after the other. */
export async function runScenario(target: Target, scenario: Scenario): Promise<Exchange[]> {
  const tag = `t${crypto.randomUUID().slice(0, 8)}`;
  const names = new Map<string, unknown>();
  const labels = new Map<string, string>();
  const exchanges: Exchange[] = [];
  for (const request of scenario.requests) {
    const answer = await sendRequest(target, request, names, tag);
    if ('keep' in request && request.keep !== undefined) keep(request, answer, names, labels);
    const { model = '', method = '' } = 'model' in request ? request : {};
    exchanges.push({
      name: request.name,
      answer: normalise(answer, { labels, tag, db: target.db, model, method }),
    });
  }
  return exchanges;
}

function keep(
  request: CallRequest,
  answer: Answer,
  names: Map<string, unknown>,
  labels: Map<string, string>,
): void {
  const body = answer.body as { result?: unknown };
  const result = request.via === undefined ? answer.body : body.result;
  const ids = (Array.isArray(result) ? result : [result]).map((item) =>
    typeof item === 'object' && item !== null && 'id' in item ? Number(item.id) : Number(item),
  );
  names.set(request.keep ?? '', ids.length === 1 ? ids[0] : ids);
  ids.forEach((id, at) => {
    const name = ids.length === 1 ? (request.keep ?? '') : `${request.keep}.${at}`;
    names.set(name, id);
    labels.set(`${request.model}:${id}`, `$${name}`);
  });
}

function sendRequest(
  target: Target,
  request: ParityRequest,
  names: ReadonlyMap<string, unknown>,
  tag: string,
): Promise<Answer> {
  const { bridge } = target.users;
  const texts = {
    TAG: tag,
    DB: target.db,
    LOGIN: bridge.login,
    PASSWORD: bridge.password,
    KEY: bridge.apiKey,
  };
  const filled = fill(request, names, texts) as ParityRequest;
  if ('verb' in filled) return sendHttp(target, filled);
  if ('service' in filled) return sendService(target, filled.via, filled);
  return filled.via === undefined ? sendJson2(target, filled) : sendCall(target, filled.via, filled);
}

function sendHttp(target: Target, { verb, path, headers = {}, body }: HttpRequest): Promise<Answer> {
  return send(target, verb, path, headers, body);
}

function sendJson2(target: Target, request: CallRequest): Promise<Answer> {
  const headers = {
    authorization: `bearer ${account(target, request.as).apiKey}`,
    'content-type': 'application/json',
    'x-odoo-database': target.db,
  };
  const path = `/json/2/${request.model}/${request.method}`;
  return send(target, 'POST', path, headers, JSON.stringify(request.args ?? {}));
}

function sendCall(target: Target, via: string, request: CallRequest): Promise<Answer> {
  const { uid, apiKey } = account(target, request.as);
  const { model, method, args = [], keywords = {} } = request;
  const params = [target.db, uid, apiKey, model, method, args, keywords];
  return sendService(target, via, { service: 'object', method: 'execute_kw', args: params });
}

function sendService(
  target: Target,
  via: string,
  { service, method, args }: Pick<ServiceRequest, 'service' | 'method' | 'args'>,
): Promise<Answer> {
  if (via === 'jsonrpc') {
    const body = { jsonrpc: '2.0', method: 'call', id: 7, params: { service, method, args } };
    return send(target, 'POST', '/jsonrpc', { 'content-type': 'application/json' }, JSON.stringify(body));
  }
  const path = via === 'xmlrpc' ? `/xmlrpc/2/${service}` : `/xmlrpc/${service}`;
  return send(target, 'POST', path, { 'content-type': 'text/xml' }, xmlCall(method, args));
}

function account(target: Target, user: User = 'bridge'): Target['users'][User] {
  return target.users[user];
}
