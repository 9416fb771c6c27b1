import { Num, Obj, type Tree } from './oracle/tree.ts';
import type { Random } from './random.ts';

const TEXTS = [
  '',
  ' ',
  'null',
  '\u0000',
  '\ud800',
  '\udfff x',
  '\ud83d\ude00',
  'e\u0301',
  '\u00e9',
  '\u202eabc',
  '\ufeff',
  '\uffff',
  '__proto__',
  'constructor',
  '{{7*7}}',
  "' OR 1=1 --",
  '%s%n',
  '2024-02-30',
  '9999-12-31T23:59:60Z',
  '0000-00-00',
  '2024-12-01T00:00:00+99:99',
  'unsigned',
  'x'.repeat(300),
  '1'.repeat(5000),
];

const NUMBERS = [
  '0',
  '-0',
  '-0.0',
  '1.0',
  '1e400',
  '-1e400',
  '1e-400',
  '5e-324',
  '0.1e1',
  '9007199254740993',
  '18446744073709551616',
  `1${'0'.repeat(4000)}`,
  `0.${'3'.repeat(4000)}`,
  '1E+5',
  // None of JSON's.
  'NaN',
  '-Infinity',
  '01',
  '1.',
  '0x10',
  '+1',
  '9'.repeat(4301),
];

const KEYS = [
  'signature',
  'header',
  'message',
  'message_id',
  'sender_id',
  'action',
  'event_type',
  'notify_event',
  'identifiers',
  'reg_records',
  'status',
  'meta',
  'version',
  'is_msg_encrypted',
  'total_count',
  '__proto__',
  'toString',
  '',
  '\ud800',
  '\u{10ffff}',
  'é',
];

/** A value from nowhere. */
export function oddTree(random: Random, level = 0): Tree {
  switch (random.int(level < 3 ? 8 : 5)) {
    case 0:
      return random.of([null, true, false]);
    case 1:
    case 2:
      return random.of(TEXTS);
    case 3:
    case 4:
      return new Num(random.of(NUMBERS));
    case 5:
      return Array.from({ length: random.int(4) }, () => oddTree(random, level + 1));
    case 6:
      return new Obj(
        Array.from({ length: random.int(4) }, () => [random.of(KEYS), oddTree(random, level + 1)]),
      );
    default:
      return deep(random, random.of([2, 50, 90, 99, 100, 101, 500, 5000]));
  }
}

/** A text that is one value, nested as deep as this. */
function deep(random: Random, depth: number): Num {
  return random.oneIn(2)
    ? new Num('['.repeat(depth) + ']'.repeat(depth))
    : new Num(`${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`);
}

/** One change somewhere in a tree; the tree itself stays as it is. */
export function mutateTree(tree: Tree, random: Random): Tree {
  if (random.oneIn(4)) return edit(tree, random);
  if (Array.isArray(tree) && tree.length > 0) {
    const at = random.int(tree.length);
    return tree.map((item, i) => (i === at ? mutateTree(item, random) : item));
  }
  if (!(tree instanceof Obj) || tree.members.length === 0) return edit(tree, random);
  const at = random.int(tree.members.length);
  return new Obj(
    tree.members.map(
      ([key, value], i) => [key, i === at ? mutateTree(value, random) : value] as [string, Tree],
    ),
  );
}

function edit(tree: Tree, random: Random): Tree {
  if (random.oneIn(3)) return oddTree(random);
  if (typeof tree === 'string') return editText(tree, random);
  if (tree instanceof Num) return new Num(random.of([...NUMBERS, `${tree.source}.0`, `${tree.source}e0`]));
  if (Array.isArray(tree)) {
    const at = random.int(tree.length + 1);
    return random.of<() => Tree>([
      () => [...tree, ...tree],
      () => tree.slice(0, at),
      () => tree.toSpliced(at, 0, oddTree(random)),
      () => tree.toReversed(),
      () => tree[0] ?? null,
      () => new Obj(tree.map((item, i) => [String(i), item])),
    ])();
  }
  if (!(tree instanceof Obj)) return random.of([null, true, false, 'true', new Num('1')]);
  const { members } = tree;
  const at = random.int(members.length);
  const [key, value] = members[at] ?? ['', null];
  return random.of<() => Tree>([
    () => new Obj([...members, [random.of(KEYS), oddTree(random)]]),
    () => new Obj(members.toSpliced(at, 1)),
    () => new Obj([...members, [key, value]]),
    () => new Obj([[key, oddTree(random)], ...members]),
    () => new Obj(members.toReversed()),
    () => new Obj(members.map(([name, one]) => [name === key ? editText(key, random) : name, one])),
    () => [tree],
  ])();
}

function editText(text: string, random: Random): string {
  const at = random.int(text.length + 1);
  return random.of<() => string>([
    () => random.of(TEXTS),
    () => text.slice(0, at) + random.of(TEXTS) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.toUpperCase(),
    () => ` ${text} `,
    () => text.normalize(random.of(['NFD', 'NFKC'])),
    () => text + text,
  ])();
}
