import { IntegrityError } from '../errors.ts';
import type { Row } from '../model/row.ts';
import type { Field, Model, UniqueRule } from '../model/types.ts';
import type { Database } from '../store/database.ts';

/**
 * What the database itself checks when rows are stored, in PostgreSQL's order: row by row what must not be empty and
 * what must be unique, then for all rows what they point at.
 *
 * @param changed The fields that were stored; all where left out.
 */
export function checkIntegrity(
  db: Database<Model>,
  model: Model,
  rows: readonly Row[],
  changed?: ReadonlySet<string>,
): void {
  const isChanged = (name: string): boolean => changed?.has(name) ?? true;
  const notNull = model.notNull.filter((field) => isChanged(field.name));
  const unique = model.unique.filter(
    (rule) => changed === undefined || rule.where !== undefined || rule.fields.some(isChanged),
  );
  for (const row of rows) {
    for (const field of notNull) if (row[field.name] === null) throw missingValue(model, field);
    for (const check of model.checks) if (!check.holds(row)) throw new IntegrityError(check.message);
    for (const rule of unique) checkUnique(db, model, rule, row);
  }
  for (const field of model.references) {
    if (isChanged(field.name)) checkReferences(db, model, field, rows);
  }
}

function missingValue(model: Model, field: Field): IntegrityError {
  return new IntegrityError(
    `Missing required value for the field '${field.string}' (${field.name}).\n` +
      `Model: '${model.description}' (${model.name})\n` +
      '- create/update: a mandatory field is not set\n' +
      '- delete: another model requires the record being deleted, you can archive it instead\n',
    field.name,
  );
}

function checkUnique(db: Database<Model>, model: Model, rule: UniqueRule, row: Row): void {
  if (rule.where?.(row) === false || rule.fields.some((field) => row[field] === null)) return;
  const table = db.table(model.name);
  const [first] = rule.fields;
  for (const id of table.idsWith(first, row[first] ?? null)) {
    const other = table.get(id);
    if (other === undefined || other.id === row.id || rule.where?.(other) === false) continue;
    if (rule.fields.some((field) => other[field] !== row[field])) continue;
    const key = rule.fields.map((field) => row[field]).join(', ');
    throw new IntegrityError(
      rule.message ??
        `duplicate key value violates unique constraint "${rule.name}"\n` +
          `DETAIL:  Key (${rule.fields.join(', ')})=(${key}) already exists.\n`,
    );
  }
}

function checkReferences(db: Database<Model>, model: Model, field: Field, rows: readonly Row[]): void {
  const far = db.table(field.relation ?? '');
  for (const row of rows) {
    const id = row[field.name];
    if (typeof id === 'number' && !far.has(id)) throw brokenReference(model, field);
  }
}

/** Odoo has one sentence for both: a record that points nowhere, and one that is pointed at and cannot be deleted. */
export function brokenReference(model: Model, field: Field): IntegrityError {
  return new IntegrityError(
    'Another model is using the record you are trying to delete.\n\n' +
      `The troublemaker is: '${model.description}' (${model.name})\n` +
      `Thanks to the following constraint: '${field.string}' (${field.name})\n` +
      'How about archiving the record instead?',
    field.name,
  );
}
