import { odooDatetime } from '../odoo/values.ts';
import { addToRegistrants } from './added.ts';
import { type BatchContext, fail, type Item } from './batch.ts';
import { correctionNote } from './correction.ts';
import type { KnownRows } from './event-log.ts';
import type { LiveId } from './live-ids.ts';
import { readLiveIds } from './live-ids.ts';
import { masked } from './privacy.ts';
import { type NumberToStore, noTypeNote, planNumber, registrationNumberOf } from './registration-number.ts';
import { RULES } from './rules/index.ts';
import { refuseImplausible } from './rules/plausible.ts';
import { RuleError, type RuleInput } from './rules/rule.ts';
import { isSameValue, type SpellingRules } from './spellings.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';

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
  const input: RuleInput = {
    event,
    registrant,
    openspp: context.openspp,
    past: (past.get(registrant.id) ?? []).filter(({ id }) => id === undefined || id !== item.row?.id),
    corrects: item.corrects,
    receivedOn: new Date(event.receivedAt).toISOString().slice(0, 10),
    now: odooDatetime(context.now),
  };
  try {
    refuseImplausible(input);
    item.change = context.rules[event.type](input);
    // A country's own words are not known to be free of names.
    if (context.rules !== RULES) item.quotesOdoo = true;
    if (event.dateNote) item.notes.push(textsIn(context.openspp.language).dates[event.dateNote]);
    item.notes.push(...item.change.notes);
  } catch (error) {
    if (error instanceof RuleError) {
      fail(item, error.reason, error.message);
      item.quotesOdoo = context.rules !== RULES;
      return;
    }
    context.onInternalError(error, event.id);
    fail(item, 'bridge.internal', textsIn(context.openspp.language).row.internal);
  }
}

/** What becomes of the registration numbers that the events assign. */
async function planNumbers(items: readonly Item[], context: BatchContext): Promise<void> {
  const { openspp, matching, client } = context;
  const texts = textsIn(openspp.language);
  const planned: { item: Item; registrant: number; number: NumberToStore }[] = [];
  for (const item of items) {
    if (!item.registrant) continue;
    const number = registrationNumberOf(item.event, openspp, matching);
    if (number === null) continue;
    if ('missing' in number) item.notes.push(noTypeNote(number.missing, texts));
    else planned.push({ item, registrant: item.registrant.id, number });
  }
  const live = await readLiveIds(
    client,
    planned.map(({ registrant }) => registrant),
    planned.map(({ number }) => number.idTypeId),
    openspp.registryId,
  );
  for (const { item, registrant, number } of planned) {
    if (correctNumber(item, number, live.get(registrant) ?? [], texts, matching)) continue;
    const plan = planNumber(number, live.get(registrant) ?? [], openspp, texts, matching);
    if (plan.store) item.number = number;
    else item.notes.push(plan.note);
  }
}

/** A registration number that the event had before is replaced; one that somebody else entered is not. */
function correctNumber(
  item: Item,
  number: NumberToStore,
  live: readonly LiveId[],
  texts: OpensppTexts,
  rules: SpellingRules,
): boolean {
  const { corrects } = item;
  const held = live.find(({ idTypeId }) => idTypeId === number.idTypeId);
  if (!corrects || !held) return false;
  if (isSameValue(number.identifier.type, held.value, number.identifier.value, rules)) return false;
  if (!corrects.numbers.includes(held.value) && !isInterrupted(held, item)) return false;
  corrects.registryId = { id: held.id, number, from: held.value };
  const { type, value } = number.identifier;
  const change = { what: type, from: masked(held.value), to: masked(value) };
  if (!corrects.values.some(({ what, from }) => what === type && from === change.from))
    corrects.values.push(change);
  item.notes.push(correctionNote(change, texts));
  return true;
}

/**
 * Whether the ID is one that an interrupted try was about to replace. The row has the new message by then, and its notes
 * show the end of the old number only; this registry itself must have given it.
 */
function isInterrupted(held: LiveId, { corrects, event }: Item): boolean {
  if (held.source === null || held.source !== event.source) return false;
  // A bridge of 0.1.0 noted whole numbers.
  return corrects?.endings.some((ending) => ending === masked(held.value) || ending === held.value) ?? false;
}
