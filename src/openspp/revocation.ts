import { read } from '../odoo/orm.ts';
import { many2oneId, odooDatetime, text } from '../odoo/values.ts';
import { type BatchContext, type Item, refuse } from './batch.ts';
import { mergedNotes, newRowValues } from './event-log.ts';
import { hidePersonalData } from './personal-data.ts';
import { changedBy } from './provenance.ts';
import { isDisabledByDeath } from './rules/death.ts';
import { type OpensppTexts, textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/**
 * Makes visible that registrations are not in force. One that was applied ends in `error`, with what a caseworker must
 * undo; one that was not is `processed`, so that nobody presses a button that would apply it. Nothing else is changed,
 * except that a registrant may be enabled again (see `enableRegistrants`).
 *
 * @throws OdooError
 */
export async function takeBack(items: readonly Item[], context: BatchContext): Promise<void> {
  if (items.length === 0) return;
  const texts = textsIn(context.openspp.language).revocation;
  const enabled = await enableRegistrants(items, context);
  const known = items.filter(({ revocation }) => revocation?.applied === 'taken_back');
  await restamp(known, context);
  const news = items.filter((item) => !known.includes(item));
  for (const item of news) {
    item.error = sentenceFor(item, enabled.has(item), texts);
    item.reason = item.error === null ? null : 'event.revoked';
    item.notes = [texts.by(texts.marks.revoked, item.event.reference)];
    if (item.error === null) item.notes.push(texts.nothingApplied);
  }
  await writeRows(news, context);
}

/** What a caseworker must do; null where nothing was applied. */
function sentenceFor(
  { event, revocation, registrant }: Item,
  isEnabled: boolean,
  texts: OpensppTexts['revocation'],
): string | null {
  switch (revocation?.applied) {
    case 'unclear':
      return texts.unclear(revocation.rows.join(', '));
    case 'requested':
      return texts.rejectRequests;
    case 'partly':
      return texts.partly;
    case 'yes':
      if (event.type !== 'death') return texts.undo[event.type];
      if (revocation.others.length > 0) return texts.anotherDeath(revocation.others.join(', '));
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

/** A row that says so already keeps what it says; that it was said later stands against what was said in between. */
async function restamp(items: readonly Item[], { writer }: BatchContext): Promise<void> {
  for (const item of items) {
    item.error = null;
    item.reason = null;
    item.finished = true;
  }
  await writer.write(
    MODEL.event,
    items.filter(({ row }) => row !== null),
    ({ row, event }) => ({
      id: row?.id ?? 0,
      values: { raw_data: event.rawData, received_date: odooDatetime(event.receivedAt) },
    }),
  );
}

async function writeRows(items: readonly Item[], context: BatchContext): Promise<void> {
  const { writer, openspp, now } = context;
  const final = (item: Item) => ({
    state: item.error === null ? 'processed' : 'error',
    error_message: item.error ?? false,
    processed_date: odooDatetime(now),
    processed_by: openspp.uid,
  });
  const made = await writer.create(
    MODEL.event,
    items.filter(({ row }) => row === null),
    (item) => ({
      ...newRowValues(item.event, item.key, item.registrant?.id ?? null, openspp, item.notes),
      ...final(item),
    }),
  );
  refuse(made.refused);
  for (const { item, result } of made.done) {
    item.row = {
      id: result,
      personId: item.registrant?.id ?? null,
      notes: mergedNotes(null, item.notes),
      date: item.event.date,
      identifier: item.key,
      state: item.error === null ? 'processed' : 'error',
    };
  }
  const created = new Set(made.done.map(({ item }) => item));
  const refused = await writer.write(
    MODEL.event,
    items.filter((item) => item.row !== null && !created.has(item)),
    (item) => ({
      id: item.row?.id ?? 0,
      values: {
        ...final(item),
        // What the registry says now stands against the message before, whenever that comes.
        raw_data: item.event.rawData,
        received_date: odooDatetime(item.event.receivedAt),
        // A registration may be taken back more than once: the last line counts.
        notes: [...(item.row?.notes?.split('\n') ?? []), ...item.notes].join('\n'),
      },
    }),
  );
  refuse(refused);
  await hidePersonalData(items, context);
  for (const item of items) item.finished = true;
}

/**
 * Enables registrants again whom the bridge disabled for this very event and nobody changed since, where the settings
 * say so: the row was processed in the same moment, and the bridge's user was the last to write the registrant.
 *
 * @returns the items whose registrants are enabled
 * @throws OdooError
 */
async function enableRegistrants(items: readonly Item[], context: BatchContext): Promise<Set<Item>> {
  const { client, writer, openspp, death } = context;
  const dead = items.filter(
    ({ event, revocation, registrant, row }) =>
      event.type === 'death' &&
      revocation?.applied === 'yes' &&
      revocation.others.length === 0 &&
      row !== null &&
      registrant !== null &&
      isDisabledByDeath(registrant),
  );
  if (death.revocation !== 'undo' || !openspp.writesRegistrants || dead.length === 0) return new Set();
  const [rows, people] = await Promise.all([
    read(
      client,
      MODEL.event,
      dead.map(({ row }) => row?.id ?? 0),
      ['processed_date', 'processed_by'],
    ),
    read(
      client,
      MODEL.registrant,
      dead.map(({ registrant }) => registrant?.id ?? 0),
      ['write_uid', 'disabled'],
    ),
  ]);
  const untouched = dead.filter(({ row, registrant }) => {
    const event = rows.find(({ id }) => id === row?.id);
    const person = people.find(({ id }) => id === registrant?.id);
    return (
      text(event?.processed_date) !== null &&
      event?.processed_date === person?.disabled &&
      many2oneId(event?.processed_by) === openspp.uid &&
      many2oneId(person?.write_uid) === openspp.uid
    );
  });
  const refused = await writer.write(
    MODEL.registrant,
    untouched,
    ({ registrant, event }) => ({
      id: registrant?.id ?? 0,
      values: {
        disabled: false,
        disabled_by: false,
        disabled_reason: false,
        ...(registrant?.deathDate === event.date && event.date !== null ? { death_date: false } : {}),
        ...changedBy(event.provenance, openspp.registrant),
      },
    }),
    { tracking_disable: true, skip_source_tracking: true },
  );
  const stayed = new Set(refused.map(({ item }) => item));
  return new Set(untouched.filter((item) => !stayed.has(item)));
}
