import { accessError, pythonError } from '../errors.ts';
import type { Field } from '../model/field.ts';
import { GROUPS } from '../model/groups.ts';
import type { Model, Operation } from '../model/model.ts';
import type { Environment } from './environment.ts';

const VERBS: Readonly<Record<Operation, string>> = {
  read: 'access',
  write: 'modify',
  create: 'create',
  unlink: 'delete',
};

/** Whether the caller may do this with records of the model. */
export function hasAccess(env: Environment, model: Model, operation: string): boolean {
  if (env.su) return true;
  if (!(operation in VERBS)) throw pythonError('builtins.AssertionError', 'Invalid access mode');
  return model.access.some(
    (rule) => env.groups.has(rule.group) && rule.operations.includes(operation as Operation),
  );
}

/** Raises Odoo's AccessError where the caller may not do this. */
export function checkAccess(env: Environment, model: Model, operation: Operation): void {
  if (!hasAccess(env, model, operation)) throw accessError(accessRefusal(model, operation));
}

/** The sentence that refuses an operation and names the groups that may. */
export function accessRefusal(model: Model, operation: Operation): string {
  const groups = model.access
    .filter((rule) => rule.operations.includes(operation))
    .map((rule) => GROUPS[rule.group].name)
    .sort();
  const allowed =
    groups.length > 0
      ? `This operation is allowed for the following groups:\n${groups.map((name) => `\t- ${name}`).join('\n')}`
      : 'No group currently allows this operation.';
  return (
    `You are not allowed to ${VERBS[operation]} '${model.description}' (${model.name}) records.\n\n` +
    `${allowed}\n\nContact your administrator to request access if necessary.`
  );
}

/** Whether the caller may see a field at all. */
export function canSeeField(env: Environment, field: Field): boolean {
  const group = groupOf(field);
  return env.su || group === undefined || env.groups.has(group);
}

/** Raises Odoo's AccessError for a field that is kept for another group. */
export function checkFieldAccess(
  env: Environment,
  model: Model,
  field: Field,
  operation: 'read' | 'write',
): void {
  if (canSeeField(env, field)) return;
  const group = groupOf(field);
  throw accessError(
    `You do not have enough rights to access the field "${field.name}" on ${model.description} (${model.name}). ` +
      'Please contact your system administrator.\n\n' +
      `Operation: ${operation}\nUser: ${env.uid}\n` +
      `Groups: allowed for groups '${group === undefined ? '' : GROUPS[group].name}'`,
  );
}

function groupOf(field: Field): keyof typeof GROUPS | undefined {
  if (field.groups === undefined) return undefined;
  return (Object.keys(GROUPS) as (keyof typeof GROUPS)[]).find(
    (name) => GROUPS[name].externalId === field.groups,
  );
}
