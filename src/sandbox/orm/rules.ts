import { accessError, type OdooException } from '../errors.ts';
import type { Row } from '../model/field.ts';
import type { Model, Operation, RecordRule } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { requireRows } from './require-rows.ts';

/**
 * What the rules let the caller do something with; undefined where they say nothing about it. Those of the model that
 * this one delegates to count as well.
 */
export function compileRules(
  env: Environment,
  model: Model,
  operation: Operation,
): ((row: Row) => boolean) | undefined {
  if (env.su) return undefined;
  const rules = rulesFor(env, model, operation);
  const tests = rules
    .filter(({ group }) => group === undefined)
    .map((rule) => (row: Row) => rule.holds(env, row));
  const ofGroups = rules.filter(({ group }) => group !== undefined);
  if (ofGroups.length > 0) tests.push((row) => ofGroups.some((rule) => rule.holds(env, row)));
  const ofParent = compileParent(env, model, operation);
  if (ofParent !== undefined) tests.push(ofParent);
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row));
}

function compileParent(
  env: Environment,
  { inherits }: Model,
  operation: Operation,
): ((row: Row) => boolean) | undefined {
  if (!inherits) return undefined;
  const parent = env.table(inherits.model.name);
  const allows = compileRules(env, parent.model, operation);
  if (allows === undefined) return undefined;
  return (row) => {
    const far = parent.get(Number(row[inherits.by]));
    return far === undefined || allows(far);
  };
}

/**
 * Odoo's AccessError where a rule forbids the operation on one of the records; undefined where none does.
 *
 * @throws OdooException a MissingError where there are rules, and a record does not exist.
 */
export function ruleRefusal(
  env: Environment,
  model: Model,
  operation: Operation,
  ids: readonly number[],
): OdooException | undefined {
  const allows = ids.length === 0 ? undefined : compileRules(env, model, operation);
  if (allows === undefined) return undefined;
  const forbidden = requireRows(env, model, ids).filter((row) => !allows(row));
  if (forbidden.length === 0) return undefined;
  const { name, description } = model;
  const user = env.row('res.users', env.uid);
  return accessError(
    'Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n' +
      `Sorry, ${user?.name} (id=${env.uid}) doesn't have '${operation}' access to:\n- ${description} (${name})\n\n` +
      'If you really, really need access, perhaps you can win over your friendly administrator with a batch of ' +
      `freshly baked cookies.${aboutCompanies(env, model, operation, forbidden)}`,
  );
}

function rulesFor(env: Environment, model: Model, operation: Operation): readonly RecordRule[] {
  return model.rules.filter(
    ({ operations, group }) =>
      operations.includes(operation) && (group === undefined || env.groups.has(group)),
  );
}

/** The rules that do not hold for all of the records: each of everybody's, and those of groups where none holds. */
function failing(
  env: Environment,
  model: Model,
  operation: Operation,
  rows: readonly Row[],
): readonly RecordRule[] {
  const rules = rulesFor(env, model, operation);
  const ofGroups = rules.filter(({ group }) => group !== undefined);
  const everybodys = rules.filter(({ group }) => group === undefined);
  const one = ofGroups.length === 0 || rows.every((row) => ofGroups.some((rule) => rule.holds(env, row)));
  const failed = everybodys.filter((rule) => !rows.every((row) => rule.holds(env, row)));
  return one ? failed : [...failed, ...ofGroups];
}

/** What Odoo adds where the refusal may come from the company of the records. */
function aboutCompanies(env: Environment, model: Model, operation: Operation, rows: readonly Row[]): string {
  if (!failing(env, model, operation, rows).some(({ byCompany }) => byCompany)) return '';
  const companies = [...new Set(rows.map((row) => row.company_id ?? null))].filter((id) => id !== null);
  const [first] = companies;
  if (companies.length > 1) {
    return '\n\nNote: this might be a multi-company issue. Switching company may help - in Odoo, not in real life!';
  }
  if (first === undefined) return '';
  if (env.userCompanies.includes(Number(first))) {
    const company = env.displayName('res.company', Number(first));
    return (
      '\n\nThis seems to be a multi-company issue, you might be able to access the record by switching to the ' +
      `company: ${company}.`
    );
  }
  return (
    '\n\nThis seems to be a multi-company issue, but you do not have access to the proper company to access the ' +
    'record anyhow.'
  );
}
