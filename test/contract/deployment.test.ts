import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeployment } from '../../src/doctor/read/deployment.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { searchRead } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { type DuplicationCheck, recordDuplicationChecks } from '../../src/openspp/duplication-check.ts';
import { readCompanies } from '../../src/setup/read-companies.ts';
import { readEnforced } from '../../src/setup/read-enforced.ts';
import { setLock, TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const CHECK = 'spp.dci.duplication.check';

describe.each(TARGETS)('facts of a deployment: $name', ({ name, face, open }) => {
  let target: Target;
  let world: World;
  let client: OdooClient;
  beforeAll(async () => {
    target = await open({ locked: true });
    client = target.bridge('json2');
    world = new World(target, client);
  });
  afterAll(() => target?.close());

  const facts = async () => {
    const reading = await readDeployment(client, Date.now());
    const value = <T>(answer: { ok: true; value: T } | { ok: false; error: Error } | null): T => {
      if (!answer?.ok) throw answer?.error ?? new Error('not read');
      return answer.value;
    };
    return {
      access: value(reading.access),
      seen: value(reading.seen),
      removedIds: value(reading.removedIds),
      memberships: value(reading.memberships),
    };
  };

  it('the lock and the right to file are known without writing', async () => {
    const { access } = await facts();
    expect(access.writesRegistrants).toBe(face !== 'spmis');
    expect(access.changeRequests.kind).toBe(face === 'spmis' ? 'usable' : 'absent');
    const { isLocked } = await readEnforced(world.administrator);
    expect(isLocked).toBe(face === 'spmis');
    if (face !== 'spmis') return;
    await setLock(world.administrator, false);
    try {
      expect((await facts()).access.writesRegistrants).toBe(true);
    } finally {
      await setLock(world.administrator, true);
    }
  });

  it('a removed ID beside a live one shows that it does not block its type', async () => {
    const registrant = await world.registrant();
    await world.giveId(registrant, 'passport', world.unique('P'), { status: 'invalid' });
    expect((await facts()).removedIds.count).toBeGreaterThan(0);
    const second = world.giveId(registrant, 'passport', world.unique('P'));
    if (face === 'oldids') {
      await expect(second).rejects.toMatchObject({ code: 'odoo.refused' });
      expect((await facts()).removedIds.hasTwin).toBe(false);
    } else {
      await second;
      expect((await facts()).removedIds.hasTwin).toBe(true);
    }
    // The sandbox does not have the constraints of its database as rows.
    const { removedIdsBlock } = await readEnforced(world.administrator);
    expect(removedIdsBlock).toBe(name.startsWith('sandbox') ? null : face === 'oldids');
  });

  it('memberships of a disabled registrant are hidden, and entitlements are not', async () => {
    const before = (await facts()).memberships;
    const registrant = await world.registrant();
    const program = await world.program();
    await world.enrol(registrant, program.id, 'enrolled');
    const cycle = await world.cycle(program.id);
    await world.inCycle(registrant, cycle.id);
    await world.maker.call('res.partner', 'write', {
      ids: [registrant],
      vals: { disabled: '2026-01-01 00:00:00' },
    });
    const after = (await facts()).memberships;
    expect(after).toEqual({
      disabledRegistrants: before.disabledRegistrants + 1,
      seen: before.seen,
      open: before.open,
      entitlements: (before.entitlements ?? 0) + 1,
    });
  });

  it('registrants of another company and archived ones are counted', async () => {
    const before = (await facts()).seen;
    const company = await world.company();
    await world.registrant({ passport: world.unique('P') }, { company_id: company });
    await world.archived({ passport: world.unique('P') });
    const { seen } = await facts();
    expect(seen).toMatchObject({
      ids: before.ids + 2,
      idsOfHidden: before.idsOfHidden + 1,
      idsOfArchived: before.idsOfArchived + 1,
      areas: null,
    });
    // The user who makes a company belongs to it.
    const { withRegistrants, hiddenIds } = await readCompanies(world.administrator);
    expect(withRegistrants).toContainEqual({ id: company, name: expect.any(String), registrants: 1 });
    expect(hiddenIds).toBe(0);
  });

  it('checks for duplicates are written, and one that Odoo refuses does not stop the others', async () => {
    const people = await Promise.all([world.registrant(), world.registrant(), world.registrant()]);
    const check = (partnerId: number, outcome: DuplicationCheck['outcome']): DuplicationCheck => ({
      partnerId,
      identifier: { type: 'UIN', value: world.unique('U') },
      outcome,
      checkedAt: Date.UTC(2026, 10, 28, 9),
      source: 'no-such-source',
    });
    const [first = 0, second = 0, third = 0] = people;
    const outcome = await recordDuplicationChecks(client, [
      check(first, { kind: 'no_match' }),
      check(999_999_999, { kind: 'no_match' }),
      check(second, { kind: 'confirmed_match', programs: ['Grant', 'Pension'] }),
      check(third, { kind: 'failed', sentence: 'Not checked.' }),
    ]);
    expect(outcome).toMatchObject({ kind: 'recorded', refused: [{ partnerId: 999_999_999 }] });
    const fields = ['partner_id', 'result', 'state', 'matched_programs', 'error_message', 'check_date'];
    const rows = await searchRead(client, CHECK, [['partner_id', 'in', people]], fields, { order: 'id' });
    const common = { matched_programs: false, error_message: false, check_date: '2026-11-28 09:00:00' };
    expect(rows.map(({ id: _, partner_id, ...row }) => ({ of: many2oneId(partner_id), ...row }))).toEqual([
      { of: first, ...common, result: 'no_match', state: 'completed' },
      {
        of: second,
        ...common,
        result: 'confirmed_match',
        state: 'completed',
        matched_programs: 'Grant\nPension',
      },
      { of: third, ...common, result: 'possible_match', state: 'failed', error_message: 'Not checked.' },
    ]);
  });
});
