import type { Operation } from './document.ts';

/** How to call a route, in a language. */
export interface Sample {
  language: 'curl' | 'TypeScript' | 'Python';
  code: string;
}

/** What a sample calls. */
export interface Call {
  method: string;
  path: string;
  operation: Operation;
  /** Of the request; undefined where it has none. */
  body: unknown;
}

/** The same call by curl, TypeScript (`fetch`) and Python (`requests`). Addresses and tokens come from variables. */
export function samplesOf({ method, path, operation, body }: Call): Sample[] {
  const address = path + queryOf(operation);
  const headers: [string, string][] = [];
  if (body !== undefined) headers.push(['Content-Type', 'application/json']);
  const guarded = operation.security.length > 0;
  const json = body === undefined ? null : JSON.stringify(body, null, 2);
  const verb = method.toUpperCase();
  return [
    {
      language: 'curl',
      code: [
        `curl ${verb === 'GET' ? '' : `-X ${verb} `}"$BRIDGE_URL${address}"`,
        ...(guarded ? ['-H "Authorization: Bearer $ADMIN_TOKEN"'] : []),
        ...headers.map(([name, value]) => `-H '${name}: ${value}'`),
        ...(json === null ? [] : [`--data '${json.replaceAll("'", `'\\''`)}'`]),
      ].join(' \\\n  '),
    },
    {
      language: 'TypeScript',
      code: [
        `const answer = await fetch(\`\${process.env.BRIDGE_URL}${address}\`, {`,
        `  method: '${verb}',`,
        ...(guarded || headers.length > 0
          ? [
              '  headers: {',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample's own.
              ...(guarded ? ['    Authorization: `Bearer ${process.env.ADMIN_TOKEN}`,'] : []),
              ...headers.map(([name, value]) => `    '${name}': '${value}',`),
              '  },',
            ]
          : []),
        ...(json === null ? [] : [`  body: JSON.stringify(${indented(json, 2)}),`]),
        '});',
        'if (!answer.ok) throw new Error(await answer.text());',
      ].join('\n'),
    },
    {
      language: 'Python',
      code: [
        'import json, os, requests',
        '',
        `answer = requests.request("${verb}", os.environ["BRIDGE_URL"] + ${JSON.stringify(address)},`,
        ...(guarded ? ['    headers={"Authorization": f"Bearer {os.environ[\'ADMIN_TOKEN\']}"},'] : []),
        ...(json === null ? [] : [`    json=json.loads(r'''${json.replaceAll("'", '\\u0027')}'''),`]),
        '    timeout=30)',
        'answer.raise_for_status()',
      ].join('\n'),
    },
  ];
}

/** The query parameters that must be given. */
function queryOf({ parameters = [] }: Operation): string {
  const needed = parameters.filter((one) => one.in === 'query' && one.required);
  return needed.length === 0 ? '' : `?${needed.map(({ name }) => `${name}=...`).join('&')}`;
}

const indented = (text: string, by: number) => text.replaceAll('\n', `\n${' '.repeat(by)}`);
