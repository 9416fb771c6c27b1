import type { RecordRule } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

/** Memberships of a disabled registrant are hidden from everybody, administrators too. */
export function hidesDisabled(field: string, rule: Pick<RecordRule, 'operations' | 'group'>): RecordRule {
  const holds = (env: Environment, row: Readonly<Record<string, unknown>>): boolean =>
    (env.row('res.partner', Number(row[field]))?.disabled ?? null) === null;
  return { ...rule, holds };
}

/** Records of no company, or of one that the caller belongs to. */
export const OF_THE_CALLERS_COMPANIES: RecordRule = {
  operations: ['read', 'write', 'create', 'unlink'],
  byCompany: true,
  holds: (env, row) => row.company_id === null || env.companies.includes(Number(row.company_id)),
};
