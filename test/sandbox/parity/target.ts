import type { User } from './request.ts';

/** A server to send requests to: the sandbox, or a real Odoo. */
export interface Target {
  url: string;
  db: string;
  users: Record<User, { login: string; password: string; apiKey: string; uid: number }>;
}

/** An answer, with JSON parsed and everything else as text. */
export interface Answer {
  status: number;
  type: string;
  body: unknown;
}

/** Replaces `$name` with ids, `%TAG%` with the run's tag, and `%DB%`, `%KEY%`, `%LOGIN%`, `%PASSWORD%` by the target's own. */
export function fill(
  value: unknown,
  names: ReadonlyMap<string, unknown>,
  texts: Record<string, string>,
): unknown {
  if (typeof value === 'string') {
    const whole = /^\$[\w.]+$/.test(value) ? names.get(value.slice(1)) : undefined;
    if (whole !== undefined) return whole;
    const named = value.replaceAll(/\$([a-z][\w.]*\w)/g, (all, name: string) =>
      String(names.get(name) ?? all),
    );
    return named.replaceAll(/%([A-Z]+)%/g, (all, name: string) => texts[name] ?? all);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, names, texts));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, names, texts)]));
}

/** Sends one request and reads its answer. */
export async function send(
  target: Target,
  verb: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Answer> {
  const response = await fetch(`${target.url}${path}`, {
    method: verb,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const text = await response.text();
  return {
    status: response.status,
    type,
    body: type === 'application/json' && text ? JSON.parse(text) : text,
  };
}

/** An XML-RPC call as text, small and without checks: the arguments are the tests' own. */
export function xmlCall(method: string, params: readonly unknown[]): string {
  const wrapped = params.map((param) => `<param>${xmlValue(param)}</param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${wrapped}</params></methodCall>`;
}

function xmlValue(value: unknown): string {
  if (value === null) return '<value><nil/></value>';
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === 'number') return `<value><int>${value}</int></value>`;
  if (Array.isArray(value))
    return `<value><array><data>${value.map(xmlValue).join('')}</data></array></value>`;
  if (typeof value === 'object') {
    const members = Object.entries(value as object).map(
      ([name, item]) => `<member><name>${name}</name>${xmlValue(item)}</member>`,
    );
    return `<value><struct>${members.join('')}</struct></value>`;
  }
  const text = String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<value><string>${text}</string></value>`;
}
