/** Answers a JSON value. */
export function jsonResponse(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
}

/** The media type of a request, without its parameters. */
export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether every text in a JSON value can be encoded; a lone surrogate cannot, and breaks Odoo's answer. */
export function isEncodable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isEncodable(item));
}

/** The sentence of Python's parser for a text that is not JSON, as near as the position is known. */
export function parseFailure(text: string, error: unknown): string {
  const told = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  const at = told === undefined ? text.trimEnd().length : Number(told);
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `Expecting value: line ${before.length} column ${column} (char ${at})`;
}
