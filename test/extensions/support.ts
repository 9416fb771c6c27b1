import { expect } from 'vitest';
import type { Extension } from '../../src/extensions/extension.ts';
import { type Extensions, withExtensions } from '../../src/extensions/extensions.ts';
import type { ClaimedEvent } from '../../src/inbox/inbox.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { create, searchRead } from '../../src/odoo/orm.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import type { World } from '../contract/world.ts';
import { READER } from '../events/support.ts';
import { keptLog } from '../senders/support.ts';

/** Long enough for any hook that answers at all, on a machine that is busy. */
const LIMIT_MS = 500;

/** Puts extensions in force for what a world delivers from now on. */
export function putInForce(world: World, ...extensions: Extension[]): Extensions & { logged(): string } {
  const { log, text } = keptLog();
  const inForce = withExtensions(
    extensions.map((extension) => ({ extension, url: import.meta.url })),
    LIMIT_MS,
    RULES,
    log,
    READER,
  );
  inForce.stop();
  world.extensions = { rules: inForce.rules, hooks: inForce.hooks, readNotification: READER };
  return { ...inForce, logged: text };
}

/** Adds a custom field as an administrator does under Settings › Technical › Fields, where it is not there yet. */
export async function addField(admin: OdooClient, model: string, name: string, ttype = 'char') {
  const known = await searchRead(
    admin,
    'ir.model.fields',
    [
      ['model', '=', model],
      ['name', '=', name],
    ],
    ['id'],
  );
  if (known.length > 0) return;
  const [row] = await searchRead(admin, 'ir.model', [['model', '=', model]], ['id']);
  expect(row, `${model} is a model`).toBeDefined();
  await create(admin, 'ir.model.fields', [
    { model_id: row?.id ?? 0, name, field_description: name, ttype, state: 'manual' },
  ]);
}

/** The same event, with further members in its message. */
export function saying(event: ClaimedEvent, more: Record<string, unknown>): ClaimedEvent {
  const envelope = JSON.parse(event.body);
  return { ...event, body: JSON.stringify({ ...envelope, message: { ...envelope.message, ...more } }) };
}
