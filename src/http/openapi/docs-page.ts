import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { OpenApiDocument, Operation, Parameter } from './document.ts';
import { exampleOf } from './example.ts';
import type { JsonSchema } from './json-schema.ts';
import { samplesOf } from './samples.ts';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ccd3da, #3d454d); --soft: light-dark(#f4f6f8, #1d2126);
  --link: light-dark(#0b57a4, #8ec2f7); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: .3rem; }
article { border-top: 1px solid var(--line); padding: .5rem 0 1rem; }
h3 code { background: var(--soft); padding: .15rem .4rem; border-radius: .3rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
caption { text-align: start; font-weight: 600; padding-top: .5rem; }
nav ul { columns: 22rem; padding-inline-start: 1.2rem; }
`;

/** The page loads nothing but its own style. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

type Html = ReturnType<typeof html>;
type Components = Readonly<Record<string, JsonSchema>>;
interface Listed {
  path: string;
  method: string;
  operation: Operation;
  /** Other paths of the same route. */
  aliases: string[];
}

/** The document as a page for people: one file, no script, nothing of another host. Light and dark as the reader's system. */
export function docsPage({ info, tags, paths, components }: OpenApiDocument): Html {
  const operations = listed(paths);
  const groups = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}: API</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<p><a href="./">Back to the bridge's page</a></p>
<h1>${info.title}, version ${info.version}</h1>
<p>${info.description}</p>
<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
</header>
<nav aria-label="Routes">${groups.map(index)}</nav>
<main>
${groups.map((one) => group(one, components.schemas))}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${Object.entries(components.schemas).map(
  ([name, schema]) => html`<article><h3 id="schema-${name}">${name}</h3>${schemaText(schema)}</article>`,
)}
</section>
</main>
</body>
</html>`;
}

interface Group {
  name: string;
  description: string;
  operations: Listed[];
}

/** One entry a route: paths that do the same are aliases of the first one. */
function listed(paths: OpenApiDocument['paths']): Listed[] {
  const routes = new Map<string, Listed>();
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const { operationId: _, ...same } = operation;
      const key = JSON.stringify([method, same]);
      const known = routes.get(key);
      if (known) known.aliases.push(path);
      else routes.set(key, { path, method, operation, aliases: [] });
    }
  return [...routes.values()];
}

function index({ name, operations }: Group): Html {
  return html`<h2>${name}</h2><ul>${operations.map(
    ({ method, path, operation }) =>
      html`<li><a href="#${operation.operationId}">${operation.summary}</a> <code>${method.toUpperCase()} ${path}</code></li>`,
  )}</ul>`;
}

function group({ name, description, operations }: Group, components: Components): Html {
  return html`<section aria-labelledby="group-${name}"><h2 id="group-${name}">${name}</h2><p>${description}</p>
${operations.map((one) => article(one, components))}</section>`;
}

function article({ method, path, operation, aliases }: Listed, components: Components): Html {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation;
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const example = body && (body.example ?? exampleOf(body.schema, components));
  return html`<article aria-labelledby="${operationId}">
<h3 id="${operationId}">${summary}</h3>
<p><code>${method.toUpperCase()} ${path}</code>${security.length > 0 ? ', with Authorization: Bearer and the ADMIN_TOKEN' : ''}</p>
${aliases.length === 0 ? '' : html`<p>Also as ${aliases.map((alias, at) => html`${at === 0 ? '' : ', '}<code>${alias}</code>`)}.</p>`}
${description === undefined ? '' : html`<p>${description}</p>`}
${parameters ? parameterTable(parameters) : ''}
${body ? html`<h4>Body, ${type}</h4>${schemaText(body.schema)}${code('Example', JSON.stringify(example, null, 2))}` : ''}
<h4>Call it</h4>${samplesOf({ method, path, operation, body: example }).map((sample) => code(sample.language, sample.code))}
<table><caption>Answers</caption><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">Body</th></tr></thead><tbody>
${Object.entries(responses).map(
  ([status, { description: meaning, content }]) =>
    html`<tr><th scope="row">${status}</th><td>${meaning}</td><td>${Object.entries(content ?? {}).map(([media, { schema }]) => answerText(media, schema, components))}</td></tr>`,
)}</tbody></table>
</article>`;
}

function parameterTable(parameters: Parameter[]): Html {
  return html`<table><caption>Parameters</caption><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Meaning</th><th scope="col">Values</th></tr></thead><tbody>
${parameters.map(
  ({ name, in: place, required, description = '', schema }) =>
    html`<tr><th scope="row"><code>${name}</code></th><td>${place}${required ? ', required' : ''}</td><td>${description}</td><td><code>${JSON.stringify(schema)}</code></td></tr>`,
)}</tbody></table>`;
}

const REFERENCE = '#/components/schemas/';

function answerText(media: string, schema: JsonSchema, components: Components): Html {
  if (media !== 'application/json') return html`${media}`;
  return html`${schemaText(schema)}${code('Example', JSON.stringify(exampleOf(schema, components), null, 2))}`;
}

function code(title: string, text: string): Html {
  return html`<details><summary>${title}</summary><pre tabindex="0">${text}</pre></details>`;
}

/** A reference as a link, everything else as it is. */
function schemaText(schema: JsonSchema): Html {
  const { $ref } = schema;
  if (typeof $ref === 'string' && $ref.startsWith(REFERENCE)) {
    const name = $ref.slice(REFERENCE.length);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  return code('Schema', JSON.stringify(schema, null, 2));
}
