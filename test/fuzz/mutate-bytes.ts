import type { Random } from './random.ts';

const PIECES = [
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0x00],
  [0x22],
  [0x5c],
  [0x7b],
  [0x7d],
  [0x5b],
  [0x5d],
  [0x2c],
  [0x3a],
  [0xe2, 0x80, 0xa8],
];

/** One to three changes to bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let changed = Uint8Array.from(bytes);
  for (let times = 1 + random.int(3); times > 0; times -= 1) changed = mutateOnce(changed, random);
  return changed;
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.of([1, 2, 8, 64]));
  const around = (...middle: number[]) =>
    Uint8Array.from([...bytes.slice(0, at), ...middle, ...bytes.slice(to)]);
  switch (random.int(7)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      if (at < bytes.length) flipped[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
      return flipped;
    }
    case 1:
      return around(...random.of(PIECES));
    case 2:
      return Uint8Array.from([...bytes.slice(0, at), ...random.of(PIECES), ...bytes.slice(at)]);
    case 3:
      return around();
    case 4:
      return bytes.slice(0, at) as Uint8Array<ArrayBuffer>;
    case 5:
      return Uint8Array.from([...bytes.slice(0, to), ...bytes.slice(at)]);
    default:
      return around(random.int(256));
  }
}
