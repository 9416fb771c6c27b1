import { expect, test } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { ANSWERS, calls, SETTINGS, serveOdoo, xmlValue } from './fake-server.ts';

const { result, fault } = ANSWERS.xmlrpc;
const PROTOCOL = { ...SETTINGS, protocol: 'xmlrpc' as const };

/** The body of the one call, without the white space between its elements. */
async function sent(args: Record<string, unknown>, method = 'write'): Promise<string> {
  const { url, seen } = await serveOdoo('xmlrpc', result(true));
  await connectOdoo({ ...PROTOCOL, url }).call('res.partner', method, args);
  const [request] = calls(seen);
  expect(request).toMatchObject({ method: 'POST', path: '/xmlrpc/2/object' });
  return request?.body ?? '';
}

test('sends database, uid, password, model, method, records and keywords', async () => {
  const body = await sent({ ids: [1], vals: { active: true, ref: null, age: 2 ** 40, note: undefined } });
  const params = ['testdb', 7, 'password-of-robot', 'res.partner', 'write', [[1]]];
  for (const param of params) expect(body).toContain(`<param>${xmlValue(param)}</param>`);
  expect(body).toContain('<name>active</name><value><boolean>1</boolean></value>');
  expect(body).toContain('<name>ref</name><value><nil/></value>');
  expect(body).toContain(`<name>age</name><value><int>${2 ** 40}</int></value>`);
  expect(body).toContain('<name>tz</name><value><string>UTC</string></value>');
  expect(body).not.toContain('note');
});

test.each([
  ['markup', '<b> & "c"', '&lt;b&gt; &amp; "c"'],
  ['ends of CDATA sections', 'x]]></string>]]></string>', 'x]]&gt;&lt;/string&gt;]]&gt;&lt;/string&gt;'],
  ['CR LF beside markup', '<\r\n', '&lt;&#xD;\n'],
  ['white space at its ends', '  x  ', '  x  '],
  ['a control character', 'a\u0001b', 'a\ufffdb'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
])('a text with %s arrives as it is', async (_name, text, escaped) => {
  expect(await sent({ ids: [1], vals: { name: text } })).toContain(
    `<name>name</name><value><string>${escaped}</string></value>`,
  );
});

test('a None below the top of the result is an error: the rest of the result is lost', async () => {
  const { url } = await serveOdoo('xmlrpc', (request, response) => {
    const faultString = `Traceback (most recent call last):
  File "/usr/lib/python3/xmlrpc/client.py", line 540, in dump_struct
    dump(v, write)
TypeError: cannot marshal None unless allow_none is enabled
`;
    const member = xmlValue({ faultCode: 1, faultString });
    response.end(`<?xml version="1.0"?><methodResponse><fault>${member}</fault></methodResponse>`);
    expect(request.body).toContain('fields_get');
  });
  const call = connectOdoo({ ...PROTOCOL, url }).call('res.partner', 'fields_get');
  await expect(call).rejects.toMatchObject({ code: 'odoo.refused', odooName: 'builtins.TypeError' });
});

test.each([
  '<fault></fault>',
  '<fault><value><nil/></value></fault>',
  '<fault/>',
  '<params><param/></params>',
])('an answer of %s fails the call, and nothing else', async (content) => {
  const { url } = await serveOdoo('xmlrpc', (_request, response) => {
    response.end(`<?xml version="1.0"?><methodResponse>${content}</methodResponse>`);
  });
  const client = connectOdoo({ ...PROTOCOL, url });
  const call = client.call('res.partner', 'search', { domain: [] }).then(
    (value) => value,
    (error) => error,
  );
  if (content.startsWith('<fault')) expect(await call).toMatchObject({ code: 'odoo.unavailable' });
  else expect(await call).toBeNull();
});

test('another TypeError is one', async () => {
  const { url } = await serveOdoo(
    'xmlrpc',
    fault({ name: 'builtins.TypeError', message: 'unexpected keyword' }),
  );
  const call = connectOdoo({ ...PROTOCOL, url }).call('res.partner', 'write', { ids: [1] });
  await expect(call).rejects.toMatchObject({ code: 'odoo.refused', sentence: 'unexpected keyword' });
});
