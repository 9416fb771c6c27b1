/** A number by its spelling; may hold what is no JSON number, to be printed as it is. */
export class Num {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Members in order; a key may be in it twice, so that such a text can be printed. */
export class Obj {
  readonly members: [string, Tree][];

  constructor(members: [string, Tree][]) {
    this.members = members;
  }

  get(key: string): Tree | undefined {
    return this.members.find(([name]) => name === key)?.[1];
  }

  without(key: string): Obj {
    return new Obj(this.members.filter(([name]) => name !== key));
  }

  with(key: string, value: Tree): Obj {
    return new Obj([...this.without(key).members, [key, value]]);
  }
}

export type Tree = null | boolean | string | Num | Tree[] | Obj;

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Reads JSON by the engine's own parser, which keeps the spelling of numbers: another one than the bridge's, so that
 * the two can be held against each other. Of two equal keys the engine keeps the last; `hasDuplicateKeys` finds them.
 *
 * @throws {SyntaxError}
 */
export function readTree(text: string): Tree {
  const revive: Reviver = (_key, value, { source }) => {
    if (typeof value === 'number') return new Num(source ?? '');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return value instanceof Num || value instanceof Obj ? value : new Obj(Object.entries(value));
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown) as Tree;
}

/** Whether a JSON text has a key twice: it then has more colons between strings than its tree has members. */
export function hasDuplicateKeys(text: string, tree: Tree): boolean {
  const colons = text.match(/"(?:[^"\\]|\\.)*"|:/gs)?.filter((token) => token === ':').length ?? 0;
  return colons !== countMembers(tree);
}

function countMembers(tree: Tree): number {
  if (Array.isArray(tree)) return tree.reduce((sum, item) => sum + countMembers(item), 0);
  if (!(tree instanceof Obj)) return 0;
  return tree.members.reduce((sum, [, value]) => sum + 1 + countMembers(value), 0);
}

/** Prints a tree on one line, numbers as they are spelled. */
export function printTree(tree: Tree): string {
  if (tree instanceof Num) return tree.source;
  if (Array.isArray(tree)) return `[${tree.map(printTree).join(',')}]`;
  if (!(tree instanceof Obj)) return JSON.stringify(tree);
  return `{${tree.members.map(([key, value]) => `${JSON.stringify(key)}:${printTree(value)}`).join(',')}}`;
}

/** The tree of an ordinary value. */
export function treeOf(value: unknown): Tree {
  return readTree(JSON.stringify(value));
}
