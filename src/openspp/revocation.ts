import { read } from '../odoo/orm.ts';
import { many2oneId, odooDatetime, text } from '../odoo/values.ts';
import type { BatchContext } from './batch.ts';
import { finalState, mergedNotes, newRowValues } from './event-log.ts';
import { listed } from './listed.ts';
import type { Revoked } from './locate.ts';
import { hidePersonalData } from './personal-data.ts';
import { changedBy } from './provenance.ts';
import { isDisabledByDeath } from './rules/death.ts';
import { delivered, type Outcome, type Row, refused, settled } from './stages.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/**
 * Makes visible that registrations are not in force. One that was applied ends in `error`, with what a caseworker must
 * undo; one that was not is `processed`, so that nobody presses a button that would apply it. Nothing else is changed,
 * except that a registrant may be enabled again (see `enableRegistrants`).
 *
 * @throws OdooError
 */
export async function takeBack(items: readonly Revoked[], context: BatchContext): Promise<Outcome[]> {
  if (items.length === 0) return [];
  const texts = textsIn(context.openspp.language).revocation;
  const enabled = await enableRegistrants(items, context);
  const known = items.filter(({ revocation }) => revocation.applied === 'taken_back');
  await restamp(known, context);
  const news = items.flatMap((item) => {
    if (known.includes(item)) return [];
    const error = sentenceFor(item, enabled.has(item), texts);
    const mark = texts.by(texts.marks.revoked, item.event.reference);
    return [
      {
        ...item,
        problem: error === null ? null : ({ reason: 'event.revoked', error } as const),
        notes: error === null ? [mark, texts.nothingApplied] : [mark],
      },
    ];
  });
  return [...known.map(settled), ...(await writeRows(news, context))];
}

/** What a caseworker must do; null where nothing was applied. */
function sentenceFor(
  { event, revocation, registrant }: Revoked,
  isEnabled: boolean,
  texts: OpensppTexts['revocation'],
): string | null {
  switch (revocation.applied) {
    case 'unclear':
      return texts.unclear(listed(revocation.rows));
    case 'requested':
      return texts.rejectRequests;
    case 'elsewhere':
      return texts.otherDeath(listed(revocation.others));
    case 'partly':
      return texts.partly;
    case 'yes':
      if (event.type !== 'death') return texts.undo[event.type];
      if (revocation.others.length > 0) return texts.anotherDeath(listed(revocation.others));
      if (isEnabled) return texts.undo.enabled;
      if (registrant?.disabled === null) return texts.undo.enabledAlready;
      // An exit by a change request gives no reason.
      return registrant?.disabledReason && !isDisabledByDeath(registrant)
        ? texts.undo.disabledBefore
        : texts.undo.death;
    default:
      return null;
  }
}

/** What the registry says now outranks the message before, also where that comes later. */
function stamp({ event }: Revoked) {
  return { raw_data: event.rawData, received_date: odooDatetime(event.receivedAt) };
}

/** A row that says so already keeps what it says; that it was said later outranks what was said in between. */
async function restamp(items: readonly Revoked[], { writer }: BatchContext): Promise<void> {
  const rows = items.flatMap(({ row, ...item }) =>
    row ? [{ id: row.id, values: stamp({ ...item, row }) }] : [],
  );
  await writer.write(MODEL.event, rows, (row) => row);
}

async function writeRows(items: readonly Revoked[], context: BatchContext): Promise<Outcome[]> {
  const { writer, openspp } = context;
  const final = ({ problem }: Revoked) => finalState(problem?.error ?? null, context);
  const made = await writer.create(
    MODEL.event,
    items.filter(({ row }) => row === null),
    (item) => ({
      ...newRowValues(item.event, item.key, item.registrant?.id ?? null, openspp, item.notes),
      ...final(item),
    }),
  );
  const refusals = await writer.write(
    MODEL.event,
    items.filter(({ row }) => row !== null),
    (item) => ({
      id: item.row?.id ?? 0,
      values: { ...final(item), ...stamp(item), notes: notesOf(item.row, item.notes) },
    }),
  );
  const errors = new Map([...made.refused, ...refusals].map(({ item, error }) => [item, error]));
  const ids = new Map(made.done.map(({ item, result }) => [item, result]));
  const written = items.map((item) => {
    const error = errors.get(item);
    return { made: ids.get(item) ?? null, ...(error ? refused(item, error) : item) };
  });
  return (await hidePersonalData(written, context)).map((item) => {
    const outcome = delivered(item);
    return { ...outcome, odooEventId: outcome.odooEventId ?? item.made };
  });
}

/** A registration may be taken back more than once: the last line counts, so that ours comes last. */
function notesOf(row: Row | null, ours: readonly string[]): string | false {
  const before = (row?.notes ?? '').split('\n').filter((line) => line !== '' && !ours.includes(line));
  return mergedNotes(before.join('\n') || null, ours) ?? false;
}

/**
 * Enables registrants again whom the bridge disabled for this very event and nobody changed since, where the settings
 * say so: the row was processed in the same moment, and the bridge's user was the last to write the registrant.
 *
 * @returns the events whose registrants are enabled
 * @throws OdooError
 */
async function enableRegistrants(items: readonly Revoked[], context: BatchContext): Promise<Set<Revoked>> {
  const { client, writer, openspp, death } = context;
  const dead = items.flatMap((item) => {
    const { event, revocation, registrant, row } = item;
    if (event.type !== 'death' || !row || !registrant || !isDisabledByDeath(registrant)) return [];
    const isOnly = revocation.applied === 'yes' && revocation.others.length === 0;
    return isOnly ? [{ item, event, registrant, rowId: row.id }] : [];
  });
  if (death.revocation !== 'undo' || !openspp.writesRegistrants || dead.length === 0) return new Set();
  const rowIds = dead.map(({ rowId }) => rowId);
  const persons = dead.map(({ registrant }) => registrant.id);
  const [rows, people] = await Promise.all([
    read(client, MODEL.event, rowIds, ['processed_date', 'processed_by']),
    read(client, MODEL.registrant, persons, ['write_uid', 'disabled']),
  ]);
  const untouched = dead.filter(({ rowId, registrant }) => {
    const event = rows.find(({ id }) => id === rowId);
    const person = people.find(({ id }) => id === registrant.id);
    return (
      text(event?.processed_date) !== null &&
      event?.processed_date === person?.disabled &&
      many2oneId(event?.processed_by) === openspp.uid &&
      many2oneId(person?.write_uid) === openspp.uid
    );
  });
  const refusals = await writer.write(
    MODEL.registrant,
    untouched,
    ({ registrant, event }) => ({
      id: registrant.id,
      values: {
        disabled: false,
        disabled_by: false,
        disabled_reason: false,
        ...(registrant.deathDate === event.date && event.date !== null ? { death_date: false } : {}),
        ...changedBy(event.provenance, openspp.registrant),
      },
    }),
    { tracking_disable: true, skip_source_tracking: true },
  );
  const stayed = new Set(refusals.map(({ item }) => item));
  return new Set(untouched.filter((one) => !stayed.has(one)).map(({ item }) => item));
}
