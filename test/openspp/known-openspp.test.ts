import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { orAborted } from '../../src/lib/abort.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { isSameOpenspp } from '../../src/openspp/fingerprint.ts';
import {
  type Documents,
  forgetSeen,
  type KnownOpenspp,
  OpensppGuard,
  replaceKnown,
} from '../../src/openspp/known-openspp.ts';

/** The documents of an inbox. */
class Kept implements Documents {
  readonly all = new Map<string, string>();
  reads = 0;
  async getDocument(name: string) {
    this.reads += 1;
    return this.all.get(name) ?? null;
  }
  async putDocument(name: string, json: string) {
    this.all.set(name, json);
  }
  async listDocuments(prefix: string) {
    return new Map([...this.all].filter(([name]) => name.startsWith(prefix)));
  }
  async replaceDocument(name: string, before: string | null, after: string | null) {
    if ((this.all.get(name) ?? null) !== before) return false;
    if (after === null) this.all.delete(name);
    else this.all.set(name, after);
    return true;
  }
}

type Made = Record<number, string>;

/** What a database has, as the bridge's user sees it. */
class Database {
  uid = 5;
  companies: Made = { 1: '2024-01-02 03:04:05' };
  users: Made = { 5: '2024-02-02 10:00:00' };
  down: OdooErrorCode | null = null;
  /** Breaks the connection of the next call, which is made again and comes to another database. */
  brokenOnce = false;
  calls: string[] = [];
  readonly client: OdooClient = {
    protocol: 'json2',
    uid: async () => this.uid,
    call: async (model, method, args, options): Promise<OdooValue> => {
      this.calls.push(`${model}.${method}`);
      const report = (outcome: string) =>
        options?.onCall?.({ model, method, protocol: 'json2', milliseconds: 1, outcome });
      if (this.down) {
        report(this.down);
        throw new OdooError(this.down, { protocol: 'json2' });
      }
      if (this.brokenOnce) {
        this.brokenOnce = false;
        report('odoo.unreachable');
        replaceDatabase();
      }
      report('ok');
      if (method !== 'search_read') return true;
      const rows = Object.entries(model === 'res.company' ? this.companies : this.users);
      const wanted = model === 'res.users' ? rows.filter(([id]) => Number(id) === this.uid) : rows;
      expect(args).toMatchObject({ fields: ['create_date'] });
      return wanted.map(([id, create_date]) => ({ id: Number(id), create_date }));
    },
  };
}

let kept: Kept;
let database: Database;
let now: number;
let lines: Record<string, unknown>[];
beforeEach(() => {
  kept = new Kept();
  database = new Database();
  now = Date.UTC(2026, 0, 5);
  lines = [];
});

const guardOf = (name = 'spp at http://odoo', writes = true, client = database.client) =>
  new OpensppGuard({
    client,
    documents: kept,
    name,
    writes,
    log: pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    clock: () => now,
  });
const known = () => JSON.parse(kept.all.get('openspp') ?? 'null') as KnownOpenspp | null;
const OTHER = { code: 'openspp.other' };
/** Another OpenSPP behind the same address. */
function replaceDatabase() {
  database.companies = { 1: '2025-07-07 07:07:07' };
  database.users = { 5: '2025-07-08 08:00:00' };
}

describe('two fingerprints are of one OpenSPP', () => {
  const kept = { 'res.company 1': 'a', 'res.company 2': 'b', 'res.users 5': 'c' };
  it.each([
    ['they are the same', kept, true],
    ['a company was added', { ...kept, 'res.company 3': 'd' }, true],
    ['the bridge has another user', { 'res.company 1': 'a', 'res.users 9': 'd' }, true],
    ['the user sees one of the companies', { 'res.company 2': 'b', 'res.users 9': 'd' }, true],
    ['a row of the same id was made at another time', { ...kept, 'res.users 5': 'd' }, false],
    ['they have nothing in common', { 'res.company 7': 'a', 'res.users 9': 'c' }, false],
    ['nothing can be read', {}, false],
  ])('where %s: %j', (_what, read, same) => {
    expect(isSameOpenspp(kept, read)).toBe(same);
  });
});

describe('the guard', () => {
  it('takes the first OpenSPP that a bridge delivers to, and knows it again at another address', async () => {
    await guardOf('spp at http://odoo', false).verify();
    expect(known(), 'a receiver works with no row ids').toBeNull();
    await guardOf().verify();
    expect(known()).toEqual({
      name: 'spp at http://odoo',
      since: now,
      fingerprint: { 'res.company 1': '2024-01-02 03:04:05', 'res.users 5': '2024-02-02 10:00:00' },
    });
    const copy = guardOf('restored at http://new');
    await copy.verify();
    expect(copy.isOther).toBe(false);
    expect(known()).toMatchObject({ name: 'spp at http://odoo' });
  });

  it('adds companies that come later, so that one of them is enough one day', async () => {
    await guardOf().verify();
    database.companies[2] = '2026-01-04 00:00:00';
    database.uid = 9;
    await guardOf().verify();
    database.companies = { 2: '2026-01-04 00:00:00' };
    const guard = guardOf();
    await guard.verify();
    expect([guard.isOther, Object.keys(known()?.fingerprint ?? {})]).toEqual([
      false,
      expect.arrayContaining(['res.company 1', 'res.company 2', 'res.users 5']),
    ]);
  });

  it('reads the same once a minute at most, and the inbox each time', async () => {
    const guard = guardOf();
    for (let times = 0; times < 3; times++) await guard.verify();
    expect([database.calls.length, kept.reads > 2]).toEqual([2, true]);
    now += 59_999;
    await guard.guard(database.client).call('res.partner', 'write');
    expect(database.calls.slice(2)).toEqual(['res.partner.write']);
    now += 1;
    await Promise.all([guard.verify(), guard.verify()]);
    expect(database.calls).toHaveLength(5);
  });

  it('makes no call to another OpenSPP, and goes on by itself when the right one is back', async () => {
    const right = { ...database.companies };
    const users = { ...database.users };
    await guardOf().verify();
    replaceDatabase();
    const guard = guardOf('new at http://odoo');
    const client = guard.guard(database.client);
    await expect(client.call('res.partner', 'write', { ids: [7] })).rejects.toMatchObject(OTHER);
    expect(guard.isOther).toBe(true);
    now += 9_999;
    const before = database.calls.length;
    await expect(client.call('res.partner', 'read')).rejects.toMatchObject(OTHER);
    expect(database.calls, 'not asked all the time').toHaveLength(before);
    expect(database.calls.filter((call) => call.startsWith('res.partner'))).toEqual([]);
    Object.assign(database, { companies: right, users });
    now += 1;
    expect(await client.call('res.partner', 'write', { ids: [7] })).toBe(true);
    expect(guard.isOther).toBe(false);
  });

  it('looks again after the connection broke: the database may have been replaced meanwhile', async () => {
    const guard = guardOf();
    const client = guard.guard(database.client);
    await client.call('res.partner', 'write');
    database.down = 'odoo.unreachable';
    await expect(client.call('res.partner', 'write')).rejects.toMatchObject({ code: 'odoo.unreachable' });
    await expect(guard.verify(), 'it cannot be known').rejects.toMatchObject({ code: 'odoo.unreachable' });
    database.down = null;
    replaceDatabase();
    const before = database.calls.length;
    await expect(client.call('res.partner', 'write')).rejects.toMatchObject(OTHER);
    expect(database.calls.slice(before)).toEqual(['res.company.search_read', 'res.users.search_read']);
  });

  it('gives no answer of a call that was made again at another database', async () => {
    const guard = guardOf();
    const client = guard.guard(database.client);
    const outcomes: string[] = [];
    const onCall = ({ outcome }: { outcome: string }) => void outcomes.push(outcome);
    await client.call('res.partner', 'read', {}, { onCall });
    database.brokenOnce = true;
    await expect(client.call('res.partner', 'read', {}, { onCall })).rejects.toMatchObject(OTHER);
    expect(outcomes).toEqual(['ok', 'odoo.unreachable', 'ok']);
  });

  it('ends with the bridge, also where OpenSPP does not answer', async () => {
    const guard = guardOf('spp at http://odoo', true, {
      ...database.client,
      call: (_model, _method, _args, { signal } = {}) => orAborted(new Promise<never>(() => {}), signal),
    });
    const looking = guard.verify();
    looking.catch(() => {});
    await Promise.resolve();
    guard.close();
    await expect(looking).rejects.toThrow('the bridge is stopping');
  });

  it('does not ask another OpenSPP that is away all the time', async () => {
    await guardOf().verify();
    replaceDatabase();
    const guard = guardOf();
    await guard.verify().catch(() => {});
    now += 10_000;
    database.down = 'odoo.unreachable';
    await expect(guard.verify()).rejects.toMatchObject({ code: 'odoo.unreachable' });
    const before = database.calls.length;
    now += 9_999;
    await expect(guard.verify()).rejects.toMatchObject(OTHER);
    expect(database.calls).toHaveLength(before);
  });

  it('says it in the log once an hour, and when it is over', async () => {
    await guardOf().verify();
    const right = { ...database.companies };
    const users = { ...database.users };
    replaceDatabase();
    const guard = guardOf('new at http://odoo');
    for (let minutes = 0; minutes <= 60; minutes += 10) {
      await guard.verify().catch(() => {});
      now += 600_000;
    }
    const said = () => lines.filter(({ code }) => code === 'openspp.other');
    expect(said()).toHaveLength(2);
    expect(said()[0]).toMatchObject({ openspp: 'new at http://odoo', level: 50 });
    Object.assign(database, { companies: right, users });
    await guard.verify();
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'OpenSPP is the one of the inbox again' });
  });

  it('shows to others what one process sees, for as long as it does', async () => {
    await guardOf().verify();
    const receiver = guardOf('spp at http://odoo', false, {
      ...database.client,
      uid: () => Promise.reject(new OdooError('odoo.unreachable', { protocol: 'json2' })),
    });
    await receiver.verify().catch(() => {});
    expect([receiver.isOther, await receiver.isOtherAnywhere()]).toEqual([null, false]);
    const right = { ...database };
    replaceDatabase();
    const worker = guardOf('new at http://odoo');
    await worker.verify().catch(() => {});
    expect([await worker.isOtherAnywhere(), await receiver.isOtherAnywhere()]).toEqual([true, true]);
    now += 180_000;
    expect(await receiver.isOtherAnywhere(), 'the worker is gone').toBe(false);
    await worker.verify().catch(() => {});
    expect(await receiver.isOtherAnywhere()).toBe(true);
    database.companies = right.companies;
    database.users = right.users;
    now += 10_000;
    await worker.verify();
    expect(await receiver.isOtherAnywhere()).toBe(false);
  });

  it('lets nobody write while an operator moves the inbox, and then those at the new OpenSPP', async () => {
    const former = guardOf();
    await former.verify();
    const text = kept.all.get('openspp') ?? null;
    const moving = await replaceKnown(kept, text, { name: 'spp', since: now, fingerprint: null });
    await expect(former.verify(), 'the same minute').rejects.toMatchObject(OTHER);
    const newer = new Database();
    newer.companies = { 1: '2025-07-07 07:07:07' };
    newer.users = {};
    const guard = guardOf('new at http://odoo', true, newer.client);
    await expect(guard.verify()).rejects.toMatchObject(OTHER);
    const fingerprint = { 'res.company 1': '2025-07-07 07:07:07' };
    expect(await replaceKnown(kept, text, { name: 'new', since: now, fingerprint })).toBeNull();
    await replaceKnown(kept, moving, { name: 'new', since: now, fingerprint });
    await forgetSeen(kept);
    await guard.verify();
    await expect(former.verify()).rejects.toMatchObject(OTHER);
    expect([guard.isOther, former.isOther]).toEqual([false, true]);
  });

  it('takes an OpenSPP for another one whose companies cannot be read any more', async () => {
    await guardOf().verify();
    database.companies = {};
    database.users = {};
    await expect(guardOf().verify()).rejects.toMatchObject(OTHER);
    kept.all.clear();
    await guardOf().verify();
    expect(known(), 'nothing to know it again by').toBeNull();
  });

  it('lets one of several that start at the same time say whose the inbox is', async () => {
    const guards = [guardOf(), guardOf(), guardOf('spp at http://other')];
    await Promise.all(guards.map((guard) => guard.verify()));
    expect(guards.map(({ isOther }) => isOther)).toEqual([false, false, false]);
  });
});
