/**
 * A JSON answer. Its headers go to the socket as they are: `c.json` would make a `Headers` of them, of which the server
 * makes an object again. What `c.header` set is not in it.
 */
export function jsonAnswer(
  body: unknown,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}
