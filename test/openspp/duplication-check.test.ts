import { describe, expect, it } from 'vitest';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import {
  type DuplicationCheck,
  type DuplicationOutcome,
  recordDuplicationChecks,
} from '../../src/openspp/duplication-check.ts';

const MODEL = 'spp.dci.duplication.check';

/** An Odoo that keeps what is created, and refuses rows of registrant 13. */
function fakeOdoo({ fails, mayCreate = true }: { fails?: OdooErrorCode; mayCreate?: boolean } = {}) {
  const rows: Record<string, unknown>[] = [];
  const calls: string[] = [];
  const error = (code: OdooErrorCode, model: string) => new OdooError(code, { protocol: 'json2', model });
  const client: OdooClient = {
    protocol: 'json2',
    uid: async () => 5,
    async call(model, method, args = {}): Promise<OdooValue> {
      calls.push(`${model}.${method}`);
      if (model === 'spp.dci.data.source') {
        const [[, , codes]] = args.domain as [[string, string, string[]]];
        return codes.includes('ibr_main') ? [{ id: 4, code: 'ibr_main' }] : [];
      }
      if (method === 'has_access') return mayCreate;
      if (fails) throw error(fails, model);
      const list = args.vals_list as Record<string, unknown>[];
      if (list.some(({ partner_id }) => partner_id === 13)) throw error('odoo.refused', model);
      return list.map((values) => rows.push(values));
    },
  };
  return { client, rows, calls };
}

const check = (outcome: DuplicationOutcome, change: Partial<DuplicationCheck> = {}): DuplicationCheck => ({
  partnerId: 7,
  identifier: { type: 'UIN', value: '123456789' },
  outcome,
  checkedAt: Date.UTC(2026, 10, 28, 9, 5, 7),
  source: 'ibr_main',
  ...change,
});

describe('checks for duplicates in OpenSPP', () => {
  it.each([
    [{ kind: 'no_match' }, { result: 'no_match', state: 'completed' }],
    [
      { kind: 'confirmed_match', programs: ['Rural Pension', 'Child\nGrant'] },
      { result: 'confirmed_match', state: 'completed', matched_programs: 'Rural Pension\nChild Grant' },
    ],
    [
      { kind: 'confirmed_match', programs: [] },
      { result: 'confirmed_match', state: 'completed', matched_programs: false },
    ],
    [
      { kind: 'failed', sentence: 'the registry did not answer in time' },
      // Never no_match: nobody has checked this registrant.
      {
        result: 'possible_match',
        state: 'failed',
        error_message: 'the registry did not answer in time',
      },
    ],
  ] as [DuplicationOutcome, object][])('writes %j', async (outcome, values) => {
    const { client, rows } = fakeOdoo();
    expect(await recordDuplicationChecks(client, [check(outcome)])).toMatchObject({ kind: 'recorded' });
    expect(rows).toEqual([
      {
        partner_id: 7,
        identifier_type: 'UIN',
        identifier_value: '123456789',
        check_date: '2026-11-28 09:05:07',
        data_source_id: 4,
        ...values,
      },
    ]);
  });

  it('takes one create for many, and leaves out a source that is not a row', async () => {
    const { client, rows, calls } = fakeOdoo();
    const many = Array.from({ length: 50 }, (_, index) =>
      check({ kind: 'no_match' }, { partnerId: 100 + index, source: index % 2 ? 'ibr_main' : 'configured' }),
    );
    const outcome = await recordDuplicationChecks(client, many);
    expect(calls.filter((name) => name === `${MODEL}.create`)).toHaveLength(1);
    expect(rows.map(({ data_source_id }) => data_source_id)).toEqual(
      many.map((_, index) => (index % 2 ? 4 : undefined)),
    );
    expect(outcome.kind === 'recorded' && outcome.rows.map(({ check: { partnerId } }) => partnerId)).toEqual(
      many.map(({ partnerId }) => partnerId),
    );
  });

  it('lets the others through where Odoo refuses one', async () => {
    const { client } = fakeOdoo();
    const many = [12, 13, 14].map((partnerId) => check({ kind: 'no_match' }, { partnerId }));
    expect(await recordDuplicationChecks(client, many)).toMatchObject({
      kind: 'recorded',
      rows: [{ check: { partnerId: 12 } }, { check: { partnerId: 14 } }],
      refused: [{ partnerId: 13 }],
    });
  });

  it('says where there is no such model, and where the user may not write it', async () => {
    const one = [check({ kind: 'no_match' })];
    const outcomeOf = async (odoo: ReturnType<typeof fakeOdoo>) =>
      (await recordDuplicationChecks(odoo.client, one)).kind;
    expect(await outcomeOf(fakeOdoo({ fails: 'odoo.unknown_model' }))).toBe('absent');
    expect(await outcomeOf(fakeOdoo({ fails: 'odoo.access', mayCreate: false }))).toBe('forbidden');
    expect(await outcomeOf(fakeOdoo({ fails: 'odoo.access' }))).toBe('recorded');
    await expect(outcomeOf(fakeOdoo({ fails: 'odoo.timeout' }))).rejects.toThrow(OdooError);
  });

  it('makes no call where there is nothing to write', async () => {
    const { client, calls } = fakeOdoo();
    await recordDuplicationChecks(client, []);
    expect(calls).toEqual([]);
  });
});
