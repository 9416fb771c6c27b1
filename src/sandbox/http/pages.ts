/** The pages that Odoo answers with where no JSON is due. */

const html = (status: number, body: string, headers: Record<string, string> = {}): Response =>
  new Response(body, { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers } });

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&#39;');

function errorPage(status: number, title: string, text: string, headers?: Record<string, string>): Response {
  const head = `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n`;
  return html(status, `${head}<h1>${title}</h1>\n<p>${text}</p>\n`, headers);
}

/** The header names no database of this server, or there is none. */
export function noDatabase(): Response {
  return html(
    404,
    '<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n' +
      '<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>\n' +
      '<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>\n\n' +
      '<!-- Alternatively, use the X-Odoo-Database header. -->\n',
  );
}

/** The content type is not one that the route takes. */
export function wrongContentType(route: string, type: string, accepted: readonly string[]): Response {
  const text =
    `Request inferred type is compatible with [&#39;http&#39;] but ${escapeHtml(`'${route}' is type='${type}'.`)}` +
    '<br><br>Please verify the Content-Type request header and try again.';
  return errorPage(415, 'Unsupported Media Type', text, { accept: accepted.join(', ') });
}

export function methodNotAllowed(allow: string): Response {
  return errorPage(405, 'Method Not Allowed', 'The method is not allowed for the requested URL.', { allow });
}

export function internalServerError(): Response {
  const text =
    'The server encountered an internal error and was unable to complete your request. ' +
    'Either the server is overloaded or there is an error in the application.';
  return errorPage(500, 'Internal Server Error', text);
}

/** A page for people, who are to log in first. */
export function toLogin(path: string): Response {
  const location = `/web/login?redirect=${encodeURIComponent(`${path}?`)}`;
  return html(
    303,
    '<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n' +
      `<p>You should be redirected automatically to the target URL: <a href="${location}">${location}</a>. ` +
      'If not, click the link.\n',
    { location },
  );
}

/** A short sentence without a page around it. */
export function plainError(status: number, sentence: string): Response {
  return html(status, sentence);
}
