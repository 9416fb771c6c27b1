import { readFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import * as z from 'zod';
import { variableOf } from './environment.ts';
import { settingsSchema } from './schema.ts';

const DEFAULTS = new URL('../../config/default.yaml', import.meta.url);

/** One setting as the reference shows it. */
interface Setting {
  /** Such as `server.port`. */
  path: string;
  type: string;
  default: string;
  variable: string | null;
  /** The comment above it in the defaults. */
  meaning: string;
}

/** The reference of all settings in Markdown, from the schema and from the defaults with their comments. */
export function configurationReference(): string {
  const text = readFileSync(DEFAULTS, 'utf8');
  const groups = groupsOf(text);
  return `# Configuration

<!-- Written by \`npm run docs:config\` from src/config/schema.ts and config/default.yaml: change those. -->

Settings are the defaults, overridden by a YAML file (\`CONFIG_FILE\`, or \`--config FILE\`) that names only what it
changes, overridden by the environment. A variable can also be given as \`NAME_FILE\`, the path of a file that holds the
value. \`config show\` prints the settings in force, without the secrets.

${groups.map(sectionOf).join('\n')}`;
}

interface Group {
  name: string;
  meaning: string;
  settings: Setting[];
}

function groupsOf(text: string): Group[] {
  const root = parseDocument(text).contents;
  if (!isMap(root)) throw new Error('config/default.yaml has groups of settings');
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  const lines = text.split('\n');
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length - 1;
  return membersOf(root).map(({ name, value, offset }) => {
    const group = schema.properties?.[name] ?? {};
    const meaning = commentAbove(lines, lineOf(offset));
    if (!isMap(value) || group.properties === undefined) {
      const only = {
        path: name,
        type: typeOf(group),
        default: shown(value),
        variable: variableOf(name),
        meaning,
      };
      return { name, meaning: '', settings: [only] };
    }
    const settings = membersOf(value).map((one): Setting => {
      const path = `${name}.${one.name}`;
      return {
        path,
        type: typeOf(group.properties?.[one.name] ?? {}),
        default: shown(one.value),
        variable: variableOf(path),
        meaning: commentAbove(lines, lineOf(one.offset)),
      };
    });
    return { name, meaning, settings };
  });
}

function membersOf(map: YAMLMap): { name: string; value: unknown; offset: number }[] {
  return map.items.map(({ key, value }) => {
    if (!isScalar(key)) throw new Error('a setting has a name');
    return { name: String(key.value), value, offset: key.range?.[0] ?? 0 };
  });
}

/** The lines of comment right above a line, unchanged. */
function commentAbove(lines: readonly string[], line: number): string {
  const above: string[] = [];
  for (let at = line - 1; at >= 0 && /^\s*#/.test(lines[at] ?? ''); at -= 1) {
    above.unshift((lines[at] ?? '').replace(/^\s*# ?/, ''));
  }
  return above.join('\n').trim();
}

/** As much of JSON Schema as the settings use. */
interface Node {
  type?: string;
  enum?: readonly unknown[];
  anyOf?: readonly Node[];
  properties?: Record<string, Node>;
  items?: Node;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

function typeOf({ type, enum: values, anyOf, items, minimum, maximum, exclusiveMinimum }: Node): string {
  if (anyOf)
    return [...new Set(anyOf.map((one) => (one.type === 'null' ? 'none' : typeOf(one))))].join(' or ');
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  const names: Record<string, string> = {
    integer: 'whole number',
    boolean: '`true`, `false`',
    string: 'text',
    object: 'map',
  };
  const bounds = [
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : `from ${minimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `to ${maximum}`,
  ].filter((bound) => bound !== '');
  return [names[type ?? ''] ?? type ?? 'any', ...bounds].join(' ');
}

function shown(value: unknown): string {
  const plain = isScalar(value) || isMap(value) || hasToJson(value) ? value.toJSON() : value;
  if (plain === null || plain === undefined || plain === '') return 'none';
  return `\`${typeof plain === 'string' ? plain : JSON.stringify(plain)}\``;
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value;
}

function sectionOf({ name, meaning, settings }: Group): string {
  const intro = meaning === '' ? '' : `${asText(meaning)}\n\n`;
  return `## ${name}\n\n${intro}${settings.map(settingOf).join('\n')}`;
}

function settingOf({ path, type, default: value, variable, meaning }: Setting): string {
  const facts = [
    `Type: ${type}.`,
    `Default: ${value}.`,
    ...(variable === null ? [] : [`Variable: \`${variable}\`.`]),
  ];
  return `### ${path}\n\n${facts.join(' ')}\n\n${asText(meaning)}\n`;
}

/** Comments that are laid out, such as tables, keep their lines. */
function asText(comment: string): string {
  return /^ {2,}|\n {2,}/.test(comment) ? `\`\`\`text\n${comment}\n\`\`\`` : comment.replaceAll('<', '&lt;');
}
