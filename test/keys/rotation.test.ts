import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { thumbprintOf } from '../../src/dci/keys.ts';
import { KEY_KINDS, type KeyKind } from '../../src/keys/kinds.ts';
import type { OwnKey } from '../../src/keys/own-key.ts';
import { placeKeys } from '../../src/keys/rotation.ts';

const HOUR = 3_600_000;
// The kind decides, whatever the key in it: Ed25519 is made in no time.
const { privateKey } = generateKeyPairSync('ed25519');

function key(name: string, kind: string, createdAt: number): OwnKey {
  const found = KEY_KINDS.find((one) => one.name === kind) as KeyKind;
  return { kid: name, kind: found, createdAt, privateKey, file: `${name}.json` };
}
const states = (given: OwnKey[], filed: OwnKey[], now: number) =>
  placeKeys(given, filed, 10 * HOUR, now).map(({ key: { kid }, state }) => `${kid} ${state}`);

describe('keys succeed one another', () => {
  const old = key('old', 'rsa-oaep-256', 0);
  const middle = key('middle', 'rsa-oaep-256', 4 * HOUR);
  const young = key('young', 'rsa-oaep-256', 8 * HOUR);

  it('a single one is active, however old', () => {
    expect(states([], [old], 1000 * HOUR)).toEqual(['old active']);
  });

  it('the newest is active; another one retires when the overlap since its successor is over', () => {
    const filed = [old, young, middle];
    expect(states([], filed, 9 * HOUR)).toEqual(['young active', 'middle previous', 'old previous']);
    expect(states([], filed, 14 * HOUR - 1)).toEqual(['young active', 'middle previous', 'old previous']);
    expect(states([], filed, 14 * HOUR)).toEqual(['young active', 'middle previous', 'old retired']);
    expect(states([], filed, 18 * HOUR)).toEqual(['young active', 'middle retired', 'old retired']);
    expect(
      placeKeys([], filed, 10 * HOUR, 9 * HOUR).map(({ replacedAt, retiresAt }) => [replacedAt, retiresAt]),
    ).toEqual([
      [null, null],
      [8 * HOUR, 18 * HOUR],
      [4 * HOUR, 14 * HOUR],
    ]);
  });

  it('encryption keys of different kinds are valid together, signing keys do not', () => {
    const filed = [old, key('curve', 'ecdh-es-p256', 1), key('edwards', 'ecdh-es-x25519', 2)];
    expect(states([], filed, 1000 * HOUR).sort()).toEqual(['curve active', 'edwards active', 'old active']);
    const signing = [key('ed', 'ed25519', 0), key('rs', 'rs256', 1)];
    expect(states([], signing, 1000 * HOUR)).toEqual(['rs active', 'ed retired']);
  });

  it('one from the environment goes before those of the folder, which stay', () => {
    const given = { ...key('given', 'rsa-oaep-256', 0), file: null };
    expect(states([given], [old, middle], 1000 * HOUR)).toEqual([
      'given active',
      'middle previous',
      'old retired',
    ]);
    expect(states([given], [{ ...old, kid: 'given' }], 1000 * HOUR)).toEqual(['given active']);
  });

  it('one that is in two files is one', () => {
    expect(states([], [old, { ...old, file: 'copy.json' }, young], HOUR)).toEqual([
      'young active',
      'old previous',
    ]);
    expect(states([], [young, { ...young, createdAt: 0 }], 1000 * HOUR)).toEqual(['young active']);
  });

  it('two of the same moment have one order', () => {
    const twin = key('z', 'rsa-oaep-256', 0);
    expect(states([], [old, twin], 0)).toEqual(states([], [twin, old], 0));
  });
});

it('a key is called by its thumbprint, private or public', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(thumbprintOf(pair.privateKey)).toBe(thumbprintOf(pair.publicKey));
});
