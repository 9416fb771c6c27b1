import { mutateBytes } from '../mutate-bytes.ts';
import { mutateTree, oddTree } from '../mutate-tree.ts';
import { Num, Obj, printTree, type Tree } from '../oracle/tree.ts';
import { bodyOf } from '../sign.ts';
import { honestBody, honestSignature, input, type Kind, seedFor, signedRoot } from './kind.ts';

/** What must get through: without it, a bridge that refuses everything would pass. */
export const honest: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const seed = seedFor(signer, random, count);
  const path = seed.header.get('action') === 'notify' ? '/registry/notify' : '/registry/on-search';
  return { ...input(bodyOf(honestSignature(signer, seed, random), seed), true), path };
};

/** Changed first, and signed then: the signature holds, and whatever is behind it gets to see the change. */
export const changedThenSigned: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  let { header, message } = seedFor(signer, random, count);
  for (let times = 1 + random.int(3); times > 0; times -= 1) {
    const changed = mutateTree(random.oneIn(2) ? header : message, random);
    if (!(changed instanceof Obj)) continue;
    if (changed.get('sender_id') === undefined) message = changed;
    else header = changed;
  }
  const seed = { header, message };
  // What no signature can be made over (a number that is none) goes with another's.
  try {
    return input(bodyOf(honestSignature(signer, seed, random), seed));
  } catch {
    return input(bodyOf(honestSignature(signer, seedFor(signer, random, count), random), seed));
  }
};

/** Signed first, and changed then: a forgery, unless the change changes nothing. */
export const signedThenChanged: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  let root: Tree = signedRoot(signer, seedFor(signer, random, count), random);
  for (let times = 1 + random.int(2); times > 0; times -= 1) root = mutateTree(root, random);
  return input(printTree(root));
};

/** Another's signature, or one of two messages under the other. */
export const swapped: Kind = (world, random, count) => {
  const [one, other] = [random.of(world.signers), random.of([...world.signers, world.stranger])];
  const seed = seedFor(one, random, count);
  const signature = random.oneIn(2)
    ? honestSignature({ ...other, senderId: random.of([one, other]).senderId }, seed, random)
    : honestSignature(one, seedFor(random.of([one, other]), random, count + random.int(2)), random);
  return input(bodyOf(signature, seed));
};

/** Bytes changed anywhere. */
export const changedBytes: Kind = (world, random, count) => ({
  body: mutateBytes(new TextEncoder().encode(honestBody(random.of(world.signers), random, count)), random),
  mustBeAccepted: false,
});

/** What was never an envelope. */
export const nothingKnown: Kind = (_world, random) => input(printTree(oddTree(random)));

const COUNT = 40_000;
/** Large values, at which something could cost more than it should. */
const LARGE: (() => Tree)[] = [
  () => members(COUNT, (i) => String.fromCodePoint(0x10000 + ((i * 7919) % COUNT))),
  () => members(COUNT, (i) => `key-${(i * 7919) % COUNT}`),
  () => members(2000, (i) => `${'😀'.repeat(100)}\ud800${i}`),
  () => Array.from({ length: COUNT }, () => new Num('1e9')),
  () => Array.from({ length: COUNT }, () => new Obj([])),
  () => Array.from({ length: 200 }, () => new Num('7'.repeat(4300))),
  () => '中'.repeat(300_000),
  () => '\u0001'.repeat(150_000),
  () => '😀'.repeat(240_000),
];

function members(count: number, key: (i: number) => string): Tree {
  return new Obj(Array.from({ length: count }, (_, i) => [key(i), new Num('1e22')]));
}

const PERSON = new Obj([
  [
    'identifier',
    new Obj([
      ['type', 'UIN'],
      ['value', 'PRIVATE'],
    ]),
  ],
]);

function records(count: number, record: Tree): Obj {
  const data: [string, Tree][] = [
    ['reg_event_type', 'Death'],
    ['reg_records', Array.from({ length: count }, () => record)],
  ];
  return new Obj([['notify_event', new Obj([['data', new Obj(data)]])]]);
}

/** The most that one message can ask for, signed or not. */
export const large: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const { header, message } = seedFor(signer, random, count);
  const burden = random.of(LARGE)();
  const seed = random.of([
    { header, message: message.with('burden', burden) },
    { header: header.with('meta', new Obj([['burden', burden]])), message },
    { header: header.with('burden', burden), message },
    { header, message: records(random.of([2000, 10_000, 40_000]), new Obj([])) },
    { header, message: records(10_000, PERSON) },
  ]);
  return input(bodyOf(random.oneIn(4) ? 'x' : honestSignature(signer, seed, random), seed));
};
