import { expect, it, vi } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import type { ScreeningKind } from '../../src/screening/plan.ts';
import { runScreening } from '../../src/screening/run-screening.ts';
import { runDependencies, type ScreeningDependencies } from '../../src/screening/service.ts';
import { begin, death, openspp, REFUSED, report, world } from './support.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

class KilledError extends Error {
  override readonly name = 'KilledError';
}

/** Ends a run at the n-th call to anything outside it, before the call takes effect or after. */
class Killer {
  calls = 0;
  readonly #at: number;
  readonly #before: boolean;

  constructor(at: number, before: boolean) {
    this.#at = at;
    this.#before = before;
  }

  /** Every asynchronous method of `object` goes past the killer. */
  watch<T extends object>(object: T, ...methods: (keyof T)[]): T {
    return new Proxy(object, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        if (!methods.includes(name as keyof T)) return value.bind(target);
        return (...args: unknown[]) => this.through(() => value.apply(target, args) as Promise<unknown>);
      },
    });
  }

  async through<R>(work: () => Promise<R>): Promise<R> {
    this.calls += 1;
    // Once it is dead, nothing of it does anything any more.
    if (this.calls > this.#at) throw new KilledError();
    if (this.calls < this.#at) return work();
    if (!this.#before) await work();
    throw new KilledError();
  }
}

async function scene(kind: ScreeningKind) {
  const spp = await openspp();
  const people = spp.people(
    ...Array.from(
      { length: 9 },
      (_, n): Record<string, string> => (n === 4 ? {} : { national_id: `K-${n}` }),
    ),
  );
  const program = spp.program();
  spp.enroll(program, people);
  return {
    spp,
    people,
    async run(at: number, before: boolean) {
      const the = world(spp.client);
      the.registry.known.set('K-2', kind === 'deaths' ? death('K-2') : record(kind));
      the.registry.known.set('K-6', kind === 'deaths' ? death('K-6', null) : record(kind));
      the.registry.known.set('K-3', REFUSED);
      const settings = { chunkSize: 4, batchSize: 2 };
      const source = { repeatsIdentifiers: kind === 'deaths' };
      const whole = the.deps(settings, source);
      const { id } = await begin(whole, {
        kind,
        population: { of: 'program', id: program },
        fileEvents: kind === 'deaths',
      });
      const killer = new Killer(at, before);
      const deps: ScreeningDependencies = {
        ...the.deps(settings, source, (...asked) => killer.through(() => the.registry.fetch(...asked))),
        inbox: killer.watch(
          the.inbox,
          'getDocument',
          'putDocument',
          'replaceDocument',
          'listDocuments',
          'accept',
        ),
        client: killer.watch<OdooClient>(spp.client, 'call'),
      };
      const signal = new AbortController().signal;
      const killed = await runScreening(id, runDependencies(deps, true), signal).then(
        ({ screening }) => screening.state !== 'done',
        (error: unknown) => {
          if (error instanceof KilledError) return true;
          throw error;
        },
      );
      const { screening } = await runScreening(id, runDependencies(whole, true), signal);
      return { the, screening, killed, calls: killer.calls };
    },
  };
}

const record = (kind: ScreeningKind) => ({
  records: [kind === 'duplicates' ? { programs: ['North'] } : { disability_status: 'yes' }],
});

it('a screening for deaths that is killed at any call is the same after it was continued', async () => {
  const { people, run } = await scene('deaths');
  for (const before of [true, false]) {
    let at = 1;
    for (; ; at++) {
      const { the, screening, killed } = await run(at, before);
      expect(screening, `call ${at}`).toMatchObject({
        state: 'done',
        people: 9,
        counts: {
          outcomes: { alive: 5, deceased: 2, not_known: 1, no_identifier: 1 },
        },
      });
      const results = await report(the.inbox, screening);
      expect(results.map(({ id }) => id)).toEqual(people);
      expect(the.inbox.messages.size).toBe(2);
      const filed = results.filter(({ effect }) => effect === 'filed' || effect === 'known');
      expect(filed.map(({ outcome }) => outcome)).toEqual(['deceased', 'deceased']);
      const names = [...the.inbox.documents.keys()].filter((name) => name.startsWith('screening-chunk '));
      expect(names).toHaveLength(3);
      if (!killed) break;
    }
    expect(at).toBeGreaterThan(30);
  }
});

it.each(['duplicates', 'disability'] as const)(
  'a screening for %s that is killed at any call records each answer once',
  async (kind) => {
    const { spp, people, run } = await scene(kind);
    const model = kind === 'duplicates' ? 'spp.dci.duplication.check' : 'spp.dci.disability.status';
    for (const before of [true, false]) {
      for (let at = 1; ; at++) {
        const old = spp.sandbox.execute('admin', model, 'search', { domain: [] }) as number[];
        spp.sandbox.execute('admin', model, 'unlink', { ids: old });
        const { the, screening, killed } = await run(at, before);
        expect(screening).toMatchObject({ state: 'done', counts: { outcomes: { no_identifier: 1 } } });
        expect((await report(the.inbox, screening)).map(({ id }) => id)).toEqual(people);
        const rows = spp.sandbox.execute('admin', model, 'search_read', {
          domain: [],
          fields: ['partner_id'],
        }) as { partner_id: [number, string] }[];
        const partners = rows.map(({ partner_id: [id] }) => id);
        expect(new Set(partners).size, `call ${at}`).toBe(partners.length);
        expect(partners).toHaveLength(kind === 'duplicates' ? 8 : 2);
        if (!killed) break;
      }
    }
  },
);
