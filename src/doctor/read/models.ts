import type { OdooClient } from '../../odoo/client.ts';
import { OdooError } from '../../odoo/errors.ts';
import { fieldsGet } from '../../odoo/orm.ts';
import type { Fields } from '../../openspp/capabilities.ts';
import { MODEL } from '../../openspp/vocabulary.ts';
import {
  EXCESS_RIGHTS,
  type ExcessRight,
  MODEL_NAMES,
  type ModelName,
  NEEDS,
  type Operation,
} from '../requirements.ts';
import { type Answer, answerOf } from './answer.ts';

/** What one model has, and what the user may do there. */
export interface ModelReading {
  /** The operations that the bridge needs and its user may not do. */
  missingRights: Answer<readonly Operation[]>;
  fields: Answer<Fields>;
  /** Mandatory fields that the bridge does not know and Odoo does not fill by itself. */
  unfilled: readonly string[];
}

export type ModelReadings = Readonly<Record<ModelName, ModelReading>>;

/** Asks about every model that the bridge uses. */
export async function readModels(client: OdooClient): Promise<ModelReadings> {
  const readings: [ModelName, ModelReading][] = [];
  // One model after the other: an Odoo has few workers, and others need them too.
  for (const name of MODEL_NAMES) readings.push([name, await readModel(client, name)]);
  return Object.fromEntries(readings) as Record<ModelName, ModelReading>;
}

async function readModel(client: OdooClient, name: ModelName): Promise<ModelReading> {
  const [missingRights, fields] = await Promise.all([
    answerOf(missingOf(client, MODEL[name], NEEDS[name].operations)),
    answerOf(fieldsGet(client, MODEL[name])),
  ]);
  const unfilled = fields.ok && NEEDS[name].creates ? await unfilledOf(client, name, fields.value) : [];
  return { missingRights, fields, unfilled };
}

async function missingOf(
  client: OdooClient,
  model: string,
  operations: readonly Operation[],
): Promise<Operation[]> {
  const granted = await Promise.all(operations.map((operation) => hasAccess(client, model, operation)));
  return operations.filter((_, index) => !granted[index]);
}

/** The rights that the bridge never uses, and its user has. */
export async function readExcessRights(client: OdooClient): Promise<Answer<ExcessRight[]>> {
  const excess: ExcessRight[] = [];
  for (const right of EXCESS_RIGHTS) {
    const granted = await answerOf(hasAccess(client, right.model, right.operation));
    if (granted.ok && granted.value) excess.push(right);
    if (!granted.ok && granted.error.code !== 'odoo.unknown_model') return granted;
  }
  return { ok: true, value: excess };
}

async function hasAccess(client: OdooClient, model: string, operation: Operation): Promise<boolean> {
  try {
    return (await client.call(model, 'has_access', { ids: [], operation })) === true;
  } catch (error) {
    if (!(error instanceof OdooError) || error.code !== 'odoo.unknown_method') throw error;
    // Odoo before 18.
    return (await client.call(model, 'check_access_rights', { operation, raise_exception: false })) === true;
  }
}

/** Other modules may make fields of their own mandatory; most have a default, and then nobody need care. */
async function unfilledOf(client: OdooClient, name: ModelName, fields: Fields): Promise<string[]> {
  const unknown = [...fields].filter(
    ([field, { required }]) => required && !Object.hasOwn(NEEDS[name].fields, field),
  );
  if (unknown.length === 0) return [];
  const names = unknown.map(([field]) => field);
  const defaults = await answerOf(client.call(MODEL[name], 'default_get', { fields: names }));
  const filled = defaults.ok ? Object.keys(defaults.value ?? {}) : [];
  return names.filter((field) => !filled.includes(field));
}
