import type { OdooProtocol } from '../../src/odoo/client.ts';
import { type Respond, type SeenRequest, serve } from '../server.ts';

export const json = (status: number, body: unknown): Respond => {
  return (_request, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(body));
  };
};

export const html = (status: number, text = 'Oops'): Respond => {
  return (_request, response) => {
    const page = `<!doctype html>\n<html lang=en>\n<title>${status}</title>\n<h1>${text}</h1>\n<p>It failed.</p>`;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  };
};

/** A value as Odoo writes it in XML-RPC. */
export function xmlValue(value: unknown): string {
  if (Array.isArray(value)) {
    return `<value><array><data>${value.map(xmlValue).join('\n')}</data></array></value>`;
  }
  if (typeof value === 'object' && value !== null) {
    const member = ([key, part]: [string, unknown]) =>
      `<member>\n<name>${key}</name>\n${xmlValue(part)}</member>`;
    return `<value><struct>\n${Object.entries(value).map(member).join('\n')}</struct></value>`;
  }
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? `<value><int>${value}</int></value>`
      : `<value><double>${value}</double></value>`;
  }
  const text = String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<value><string>${text}</string></value>`;
}

const xml = (inner: string) => `<?xml version="1.0"?>\n<methodResponse>\n${inner}\n</methodResponse>\n`;

const xmlAnswer =
  (inner: string): Respond =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(xml(inner));
  };

/** An exception of Odoo's, as each protocol shows it. */
export interface FakeFault {
  name: string;
  message: string;
  /** Of JSON-2. */
  status?: number;
  /** Of XML-RPC: 1 with a traceback made of name and message; 2 to 4 with the message alone. */
  faultCode?: 1 | 2 | 3 | 4;
}

export const traceback = (name: string, message: string) =>
  `Traceback (most recent call last):
  File "/odoo/service/model.py", line 184, in retrying
    result = func()
             ^^^^^^
ValueError: the first, inner one

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/odoo/service/model.py", line 146, in execute_cr
    result = retrying(partial(call_kw, recs, method, args, kw), env)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
${name.replace(/^builtins\./, '')}${message && `: ${message}`}
`;

/** What the real server answers to a result or an exception, for each protocol. */
export const ANSWERS: Record<
  OdooProtocol,
  { result(value: unknown): Respond; fault(fault: FakeFault): Respond }
> = {
  json2: {
    result: (value) => json(200, value),
    fault: ({ name, message, status = 500 }) =>
      json(status, { name, message, arguments: [message], context: {}, debug: traceback(name, message) }),
  },
  jsonrpc: {
    result: (value) => json(200, { jsonrpc: '2.0', id: 1, ...(value === null ? {} : { result: value }) }),
    fault: ({ name, message }) => {
      const data = { name, message, arguments: [message], context: {}, debug: traceback(name, message) };
      return json(200, { jsonrpc: '2.0', id: 1, error: { code: 0, message: 'Odoo Server Error', data } });
    },
  },
  xmlrpc: {
    result: (value) =>
      value === null
        ? ANSWERS.xmlrpc.fault({
            name: 'builtins.TypeError',
            message: 'cannot marshal None unless allow_none is enabled',
          })
        : xmlAnswer(`<params>\n<param>\n${xmlValue(value)}</param>\n</params>\n`),
    fault: ({ name, message, faultCode = 1 }) => {
      const faultString = faultCode === 1 ? traceback(name, message) : message;
      return xmlAnswer(`<fault>\n${xmlValue({ faultCode, faultString })}\n</fault>\n`);
    },
  },
};

export const isLogin = ({ path, body }: SeenRequest) =>
  path.endsWith('/xmlrpc/2/common') || (path.endsWith('/jsonrpc') && body.includes('"authenticate"'));

/** An Odoo that speaks one protocol: gives uid 7 to every login, and leaves all else to `respond`. */
export function serveOdoo(protocol: OdooProtocol, respond: Respond) {
  return serve((request, response) =>
    (isLogin(request) ? ANSWERS[protocol].result(7) : respond)(request, response),
  );
}

/** The requests that were no login. */
export const calls = (seen: SeenRequest[]) => seen.filter((request) => !isLogin(request));

export const PROTOCOLS: OdooProtocol[] = ['json2', 'jsonrpc', 'xmlrpc'];

/** Settings that no server checks. */
export const SETTINGS = {
  db: 'testdb',
  login: 'robot',
  apiKey: 'key-of-robot',
  password: 'password-of-robot',
  timeoutMs: 5000,
};
