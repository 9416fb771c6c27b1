import { odooDatetime } from '../odoo/values.ts';
import { addToRegistrants } from './added.ts';
import type { BatchContext, Item } from './batch.ts';
import { correctionNote } from './correction.ts';
import type { KnownRows } from './event-log.ts';
import { readLiveIds } from './live-ids.ts';
import {
  type LiveId,
  type NumberToStore,
  noTypeNote,
  planNumber,
  registrationNumberOf,
} from './registration-number.ts';
import { RuleError } from './rules/rule.ts';

/** Lets each event's rule decide what changes, with what the registrants have now. */
export async function decideAll(
  items: readonly Item[],
  past: KnownRows['past'],
  context: BatchContext,
): Promise<void> {
  for (const item of items) applyRule(item, past, context);
  await addToRegistrants(items, context);
  await planNumbers(items, context);
}

function applyRule(item: Item, past: KnownRows['past'], context: BatchContext): void {
  const { registrant, event } = item;
  if (!registrant) return;
  try {
    item.change = context.rules[event.type]({
      event,
      registrant,
      openspp: context.openspp,
      past: (past.get(registrant.id) ?? []).filter(({ id }) => id === undefined || id !== item.row?.id),
      corrects: item.corrects,
      receivedOn: new Date(event.receivedAt).toISOString().slice(0, 10),
      now: odooDatetime(context.now),
    });
    item.notes.push(...item.change.notes);
  } catch (error) {
    if (!(error instanceof RuleError)) context.onInternalError(error, event.id);
    item.error = error instanceof RuleError ? error.message : 'The bridge could not apply this event.';
  }
}

/** What becomes of the registration numbers that the events assign. */
async function planNumbers(items: readonly Item[], context: BatchContext): Promise<void> {
  const { openspp, matching, client } = context;
  const planned: { item: Item; registrant: number; number: NumberToStore }[] = [];
  for (const item of items) {
    if (!item.registrant) continue;
    const number = registrationNumberOf(item.event, openspp, matching);
    if (number === null) continue;
    if ('missing' in number) item.notes.push(noTypeNote(number.missing));
    else planned.push({ item, registrant: item.registrant.id, number });
  }
  const live = await readLiveIds(
    client,
    planned.map(({ registrant }) => registrant),
    planned.map(({ number }) => number.idTypeId),
  );
  for (const { item, registrant, number } of planned) {
    if (correctNumber(item, number, live.get(registrant) ?? [])) continue;
    const plan = planNumber(number, live.get(registrant) ?? [], openspp);
    if (plan.store) item.number = number;
    else if (plan.note) item.notes.push(plan.note);
  }
}

/** A registration number that the event had before is replaced; one that somebody else entered is not. */
function correctNumber(item: Item, number: NumberToStore, live: readonly LiveId[]): boolean {
  const { corrects } = item;
  const held = live.find(({ idTypeId }) => idTypeId === number.idTypeId);
  if (!corrects || !held || held.value === number.identifier.value) return false;
  if (!corrects.numbers.includes(held.value)) return false;
  corrects.registryId = { id: held.id, number };
  const { type, value } = number.identifier;
  const change = { what: type, from: held.value, to: value };
  if (!corrects.values.some(({ what, from }) => what === type && from === held.value))
    corrects.values.push(change);
  item.notes.push(correctionNote(change));
  return true;
}
