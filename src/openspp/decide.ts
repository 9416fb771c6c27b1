import { odooDatetime } from '../odoo/values.ts';
import { addToRegistrants } from './added.ts';
import type { BatchContext } from './batch.ts';
import { correctionNote } from './correction.ts';
import type { KnownRows } from './event-log.ts';
import type { Rows } from './event-rows.ts';
import { type LiveId, readLiveIds } from './live-ids.ts';
import { masked } from './privacy.ts';
import { type NumberToStore, noTypeNote, planNumber, registrationNumberOf } from './registration-number.ts';
import { RULES } from './rules/index.ts';
import { refuseImplausible } from './rules/plausible.ts';
import { RuleError, type RuleInput } from './rules/rule.ts';
import { isSameValue } from './spellings.ts';
import { type Decided, failed, type Located, NOTHING_CHANGES, noted, settled } from './stages.ts';
import { textsIn } from './texts/index.ts';

/**
 * Lets each event's rule decide what changes, with what the registrants have now. A correction that changes neither the
 * row nor the registrant is settled with that.
 *
 * @throws OdooError
 */
export async function decideAll(
  items: readonly Located[],
  past: KnownRows['past'],
  context: BatchContext,
): Promise<Rows<Decided>> {
  const ruled = items.map((item) => applyRule(item, past, context));
  const decided = await planNumbers(await addToRegistrants(ruled, context), context);
  const idle = decided.filter(isIdle);
  const { changesNothing } = textsIn(context.openspp.language).correction;
  return {
    rows: decided.filter((item) => !idle.includes(item)),
    ended: idle.map((item) => settled({ ...item, notes: [changesNothing, ...item.notes] })),
  };
}

/** Whether it is a correction that neither the row nor the registrant is to be changed by. */
function isIdle({ row, corrects, change, number, replaces, problem }: Decided): boolean {
  if (!corrects?.applied || row?.state !== 'processed' || problem !== null || corrects.values.length > 0)
    return false;
  const changes = Object.keys(change.patch).length > 0 || change.exit || change.redate;
  return !changes && !number && !replaces;
}

function applyRule(located: Located, past: KnownRows['past'], context: BatchContext): Decided {
  const item: Decided = { ...located, ...NOTHING_CHANGES };
  const { registrant, event } = item;
  if (!registrant) return item;
  const input: RuleInput = {
    event,
    registrant,
    openspp: context.openspp,
    past: (past.get(registrant.id) ?? []).filter(({ id }) => id === undefined || id !== item.row?.id),
    corrects: item.corrects,
    receivedOn: new Date(event.receivedAt).toISOString().slice(0, 10),
    now: odooDatetime(context.now),
  };
  // A country's own words are not known to be free of names.
  const ofCountry = context.rules !== RULES;
  const texts = textsIn(context.openspp.language);
  try {
    refuseImplausible(input);
    const change = context.rules[event.type](input);
    const dateNote = event.dateNote ? [texts.dates[event.dateNote]] : [];
    return noted({ ...item, change, quotes: item.quotes || ofCountry }, ...dateNote, ...change.notes);
  } catch (error) {
    if (error instanceof RuleError) {
      return failed(item, { reason: error.reason, error: error.message }, ofCountry);
    }
    context.onInternalError(error, event.id);
    return failed(item, { reason: 'bridge.internal', error: texts.row.internal });
  }
}

/** What becomes of the registration numbers that the events assign. */
async function planNumbers(items: readonly Decided[], context: BatchContext): Promise<Decided[]> {
  const { openspp, matching, client } = context;
  const texts = textsIn(openspp.language);
  const numbers = items.map(({ registrant, event }) => {
    const number = registrant && registrationNumberOf(event, openspp, matching);
    return number && { ...number, registrantId: registrant.id };
  });
  const planned = numbers.flatMap((number) => (number && 'idTypeId' in number ? [number] : []));
  const live = await readLiveIds(client, planned, openspp.registryId);
  return items.map((item, position) => {
    const number = numbers[position];
    if (!number) return item;
    if ('missing' in number) return noted(item, noTypeNote(number.missing, texts));
    const { registrantId, ...toStore } = number;
    const held = live.get(registrantId) ?? [];
    const replacing = replacedBy(toStore, item, held, context);
    if (replacing) return replacing;
    const plan = planNumber(toStore, held, openspp, texts, matching);
    return plan.store ? { ...item, number: toStore } : noted(item, plan.note);
  });
}

/** A registration number that the event had before is replaced; one that somebody else entered is not. */
function replacedBy(
  number: NumberToStore,
  item: Decided,
  live: readonly LiveId[],
  { openspp, matching }: BatchContext,
): Decided | null {
  const { corrects } = item;
  const held = live.find(({ idTypeId }) => idTypeId === number.idTypeId);
  if (!corrects || !held) return null;
  const { type, value } = number.identifier;
  if (isSameValue(type, held.value, value, matching)) return null;
  if (!corrects.numbers.includes(held.value) && !isInterrupted(held, item)) return null;
  const change = { what: type, from: masked(held.value), to: masked(value) };
  const isKnown = corrects.values.some(({ what, from }) => what === type && from === change.from);
  const changed: Decided = {
    ...item,
    replaces: { id: held.id, number, from: held.value },
    corrects: { ...corrects, values: isKnown ? corrects.values : [...corrects.values, change] },
  };
  return noted(changed, correctionNote(change, textsIn(openspp.language)));
}

/**
 * Whether the ID is one that an interrupted attempt was about to replace. The row has the new message by then, and its
 * notes show the end of the old number only; this registry itself must have given it.
 */
function isInterrupted(held: LiveId, { corrects, event }: Decided): boolean {
  if (held.source === null || held.source !== event.source) return false;
  // A bridge of 0.1.0 noted whole numbers.
  return corrects?.endings.some((ending) => ending === masked(held.value) || ending === held.value) ?? false;
}
