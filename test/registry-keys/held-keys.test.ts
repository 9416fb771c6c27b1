import { describe, expect, it } from 'vitest';
import { keyFromJwk } from '../../src/dci/keys.ts';
import {
  type HeldKeys,
  inForce,
  isOfSet,
  NO_KEYS,
  nextEnd,
  takeUp,
} from '../../src/registry-keys/held-keys.ts';
import { printStates, readStates } from '../../src/registry-keys/kept-keys.ts';
import { pair } from './support.ts';

const GRACE = 1000;
const a = pair('a').key;
const b = pair('b', 'ES256').key;
const kids = (held: HeldKeys, now: number) => inForce(held, now, GRACE).map(({ kid }) => kid);

describe('a set that is taken up', () => {
  it('holds its keys', () => {
    const held = takeUp(NO_KEYS, [a, b], 0, GRACE);
    expect(kids(held, 0)).toEqual(['a', 'b']);
    expect(nextEnd(held, 0, GRACE)).toBe(Number.POSITIVE_INFINITY);
  });

  it('lets a key that left go on for the grace time, and no longer', () => {
    const held = takeUp(takeUp(NO_KEYS, [a, b], 0, GRACE), [b], 5000, GRACE);
    expect(kids(held, 5999)).toEqual(['b', 'a']);
    expect(kids(held, 6000)).toEqual(['b']);
    expect(nextEnd(held, 5999, GRACE)).toBe(6000);
    expect(nextEnd(held, 6000, GRACE)).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts the grace time from when the key was first missed', () => {
    let held = takeUp(takeUp(NO_KEYS, [a, b], 0, GRACE), [b], 5000, GRACE);
    held = takeUp(held, [b], 5900, GRACE);
    expect(kids(held, 6000)).toEqual(['b']);
  });

  it('ends a key at once where there is no grace time', () => {
    const held = takeUp(takeUp(NO_KEYS, [a, b], 0, 0), [b], 5000, 0);
    expect(inForce(held, 5000, 0)).toEqual([b]);
  });

  it('takes a key back that returns', () => {
    let held = takeUp(takeUp(NO_KEYS, [a, b], 0, GRACE), [b], 5000, GRACE);
    held = takeUp(held, [a, b], 9000, GRACE);
    expect(kids(held, 99_000)).toEqual(['a', 'b']);
    expect(held.retired).toEqual([]);
  });

  it('holds two keys under one kid while one follows the other', () => {
    const next = pair('a').key;
    const held = takeUp(takeUp(NO_KEYS, [a], 0, GRACE), [next], 5000, GRACE);
    expect(inForce(held, 5500, GRACE)).toEqual([next, a]);
    expect(inForce(held, 6000, GRACE)).toEqual([next]);
  });

  it('remembers the keys that were of it, long after they ended', () => {
    let held = takeUp(takeUp(NO_KEYS, [a, b], 0, GRACE), [b], 5000, GRACE);
    held = takeUp(held, [b], 50_000, GRACE);
    expect(held.keys).toHaveLength(1);
    expect([a, b, pair('c').key].map(({ thumbprint }) => isOfSet(held, thumbprint))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('does not grow without end for a sender that rotates without end', () => {
    let held = NO_KEYS;
    for (let n = 0; n < 1200; n++) {
      held = takeUp(held, [{ ...a, kid: `k${n}`, thumbprint: `t${n}` }], n, 1e9);
    }
    expect(held.keys.length).toBe(101);
    expect(held.retired.length).toBe(1000);
    expect(isOfSet(held, 't1098')).toBe(true);
  });
});

describe('what is kept', () => {
  const state = {
    senderId: 'crvs.a',
    url: 'https://crvs.example/jwks.json',
    fetchedAt: 1,
    dueAt: 2,
    problem: null,
    failedAt: null,
    retired: ['t'],
  };

  it('comes back as it was, each key with its kid and algorithm', () => {
    const c = pair(undefined, 'PS256').key;
    const keys = [a, b, c].map((key, n) => ({ key, leftAt: n === 1 ? 7 : null }));
    const [back] = readStates(printStates([{ ...state, keys }]));
    expect(back).toMatchObject(state);
    expect(back?.keys.map(({ key: { keyObject: _, ...key }, leftAt }) => ({ ...key, leftAt }))).toEqual(
      [a, b, c].map(({ keyObject: _, ...key }, n) => ({ ...key, leftAt: n === 1 ? 7 : null })),
    );
  });

  it('has no more than public parts, and does without a key that can no longer be used', () => {
    const text = printStates([{ ...state, keys: [{ key: a, leftAt: null }] }]);
    const [{ keys }] = JSON.parse(text);
    expect(keys[0].jwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid: 'a',
      alg: 'EdDSA',
    });
    expect(keyFromJwk(keys[0].jwk).thumbprint).toBe(a.thumbprint);
    expect(readStates(text.replace('EdDSA', 'HS256'))[0]?.keys).toEqual([]);
  });
});
