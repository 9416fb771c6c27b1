import { Hono } from 'hono';
import type { Accounts } from '../accounts.ts';
import type { Model } from '../model/types.ts';
import type { Caller } from '../rpc/call.ts';
import type { Database } from '../store/database.ts';
import { jsonResponse } from './json.ts';
import { answerJson2, wrongJson2Path } from './json2.ts';
import { answerEnvelope, answerJsonRpc } from './jsonrpc.ts';
import { methodNotAllowed, noDatabase, toLogin } from './pages.ts';
import { Services, VERSION } from './services.ts';
import { WebSessions } from './web-sessions.ts';
import { answerXmlRpc } from './xmlrpc.ts';

/** The addresses of Odoo's external API. */
export function createApp(db: Database<Model>, accounts: Accounts, caller: Caller): Hono {
  const services = new Services(db, accounts, caller);
  const app = new Hono();
  const version = (): Response =>
    jsonResponse({ version_info: VERSION.server_version_info, version: VERSION.server_version });

  app.get('/web/version', version);
  app.get('/json/version', version);
  app.get('/web/health', () => jsonResponse({ status: 'pass' }));
  app.post('/web/webclient/version_info', (context) =>
    answerEnvelope(context.req.raw, '/web/webclient/version_info', () => VERSION),
  );
  const sessions = new WebSessions(db, accounts, caller);
  app.post('/web/session/authenticate', (context) => sessions.authenticate(context));
  app.post('/web/dataset/call_kw/:model/:method', (context) => sessions.call(context));
  app.post('/jsonrpc', (context) => answerJsonRpc(context.req.raw, services));
  app.post('/xmlrpc/2/:service', (context) =>
    answerXmlRpc(context.req.raw, context.req.param('service'), services, 'numbers'),
  );
  app.post('/xmlrpc/:service', (context) =>
    answerXmlRpc(context.req.raw, context.req.param('service'), services, 'texts'),
  );
  app.on(['GET', 'PUT', 'DELETE', 'PATCH'], ['/xmlrpc/2/:service', '/xmlrpc/:service'], () =>
    methodNotAllowed('POST, OPTIONS'),
  );
  // Everything else belongs to a database, which only the header can name.
  app.use('*', async (context, next) => {
    if (context.req.header('x-odoo-database') !== db.name) return noDatabase();
    return next();
  });
  app.post('/json/2/:model/:method', (context) =>
    answerJson2(context.req.raw, context.req.param(), { accounts, caller }),
  );
  app.all('/json/2/*', wrongJson2Path);
  app.notFound((context) => toLogin(new URL(context.req.url).pathname));
  return app;
}
