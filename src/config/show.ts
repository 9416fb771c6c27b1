/** How the names of settings end that are secrets. */
const SECRET_NAME =
  /(?:token|secret|password|passphrase|(?:api|private|partner|signing|encryption)_?key|credential)s?$/i;

/** Where a value came from. */
type Source = 'default' | 'file' | 'environment';

/** Settings under the names of the file. */
export interface SettingsTree {
  /** Those in force. */
  tree: Readonly<Record<string, unknown>>;
  /** What they were merged from, the strongest first. */
  sources: readonly { source: Source; tree: Readonly<Record<string, unknown>> }[];
}

export interface ShownSetting {
  /** Such as `server.port`. */
  path: string;
  /** As in force; of a secret only whether it is set. */
  value: unknown;
  source: Source;
}

/** The settings in force, one by one, for people: secrets masked, and passwords taken out of addresses. */
export function showSettings({ tree: settings, sources }: SettingsTree): ShownSetting[] {
  return flat(settings, '').map(([path, value]) => ({
    path,
    value: shown(path, value),
    source: sources.find(({ tree }) => has(tree, path))?.source ?? 'default',
  }));
}

/** The settings of a group one by one; lists, and maps with keys of the operator's own, are values. */
function flat(group: object, above: string): [string, unknown][] {
  return Object.entries(group).flatMap(([name, value]) => {
    const path = `${above}${name}`;
    const isGroup =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      above === '' &&
      Object.keys(value).length > 0;
    return isGroup ? flat(value, `${path}.`) : [[path, value] as [string, unknown]];
  });
}

function shown(path: string, value: unknown): unknown {
  if (value === null) return null;
  // None of them is not a secret.
  if (Array.isArray(value) && value.length === 0) return value;
  if (SECRET_NAME.test(path)) return '(set, not shown)';
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map((one) => shown(path, one));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, shown(`${path}.${name}`, one)]),
  );
}

/** `scheme://user:password@host`, as an Odoo or a database may be named by, and passwords and keys in its query. */
function withoutPassword(text: string): string {
  return text
    .replace(/^([\w+.-]+:\/\/)[^/?#]*@/, '$1(not shown)@')
    .replace(/([?&][^=&#]*(?:password|token|secret|key)[^=&#]*=)[^&#]*/gi, '$1(not shown)');
}

function has(tree: Record<string, unknown>, path: string): boolean {
  let node: unknown = tree;
  for (const name of path.split('.')) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return false;
    node = (node as Record<string, unknown>)[name];
  }
  return true;
}
