import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { create, read } from '../../src/odoo/orm.ts';
import { type HeldKeys, NO_KEYS, takeUp } from '../../src/registry-keys/held-keys.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { keyToStore, storeKey } from '../../src/senders/odoo-keys.ts';
import { pair } from '../registry-keys/support.ts';

const ed = pair('ed').key;
const rsa = pair('rsa', 'RS256').key;
const pss = pair('pss', 'PS256').key;
const ec = pair('ec', 'ES256').key;
const held = (...keys: (typeof ed)[]): HeldKeys => takeUp(NO_KEYS, keys, 0, 1000);
const pemOf = ({ keyObject }: typeof ed) => keyObject.export({ type: 'spki', format: 'pem' }).toString();

describe('the key to store', () => {
  it('is the first that OpenSPP has an algorithm for, rather one of the row’s', () => {
    const none = { publicKey: null, algorithm: null };
    expect(keyToStore(none, held(ec, pss, rsa, ed))).toBe(rsa);
    expect(keyToStore({ ...none, algorithm: 'ed25519' }, held(rsa, ed))).toBe(ed);
    expect(keyToStore({ ...none, algorithm: 'ed25519' }, held(rsa))).toBe(rsa);
    expect(keyToStore(none, held(ec, pss))).toBe('no_storable_key');
  });

  it('never replaces one that was entered by hand', () => {
    const row = { publicKey: pemOf(pair('hand').key), algorithm: 'ed25519' };
    expect(keyToStore(row, held(ed))).toBe('by_hand');
    expect(keyToStore({ ...row, publicKey: 'no key' }, held(ed))).toBe('by_hand');
  });

  it('stays the one that is there while it is in the set, and follows when it has left', () => {
    const row = { publicKey: pemOf(ed), algorithm: 'ed25519' };
    expect(keyToStore(row, held(rsa, ed))).toBe('current');
    expect(keyToStore({ ...row, algorithm: 'rs256' }, held(rsa, ed))).toBe(ed);
    const next = pair('next').key;
    const leaving = takeUp(held(ed), [rsa, next], 1, 1000);
    expect(keyToStore(row, leaving)).toBe(next);
    expect(keyToStore(row, takeUp(leaving, [rsa, next], 5000, 1000))).toBe(next);
    expect(keyToStore(row, takeUp(leaving, [ec], 5000, 1000))).toBe('no_storable_key');
  });
});

describe('storing it in Odoo', () => {
  let sandbox: Sandbox;
  let admin: OdooClient;
  let bridge: OdooClient;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const place = { url: sandbox.url, db: sandbox.db, protocol: 'json2', timeoutMs: 10_000 } as const;
    admin = connectOdoo({ ...place, ...sandbox.admin });
    bridge = connectOdoo({ ...place, ...sandbox.bridge });
  });
  afterAll(() => sandbox?.close());

  const NOW = Date.UTC(2025, 10, 24, 16, 0, 5);

  async function register(sender_id: string, values = {}) {
    const [id = 0] = await create(admin, 'spp.dci.crvs.sender', [{ name: sender_id, sender_id, ...values }]);
    return async () => {
      const fields = ['public_key', 'algorithm', 'last_key_fetch'];
      const [{ id: _, ...row } = { id }] = await read(admin, 'spp.dci.crvs.sender', [id], fields);
      return row;
    };
  }

  it('writes key, algorithm and time', async () => {
    const row = await register('crvs.new');
    expect(await storeKey(admin, 'crvs.new', held(rsa), NOW)).toBe('stored');
    const stored = { public_key: pemOf(rsa), algorithm: 'rs256', last_key_fetch: '2025-11-24 16:00:05' };
    expect(await row()).toEqual(stored);
    expect(await storeKey(admin, 'crvs.new', held(ed, rsa), NOW + 60_000)).toBe('current');
    expect(await row()).toEqual({ ...stored, last_key_fetch: '2025-11-24 16:01:05' });
  });

  it('leaves alone what was entered by hand, and whom it does not know', async () => {
    const public_key = pemOf(pair('hand').key);
    const row = await register('crvs.hand', { public_key, algorithm: 'ed25519' });
    expect(await storeKey(admin, 'crvs.hand', held(ed), NOW)).toBe('by_hand');
    expect(await row()).toEqual({ public_key, algorithm: 'ed25519', last_key_fetch: false });
    expect(await storeKey(admin, 'crvs.nobody', held(ed), NOW)).toBe('no_such_sender');
  });

  it('is no error for a user who may not, and changes nothing', async () => {
    const row = await register('crvs.readonly');
    const before = await row();
    expect(await storeKey(bridge, 'crvs.readonly', held(ed), NOW)).toBe('not_allowed');
    expect(await row()).toEqual(before);
  });
});
