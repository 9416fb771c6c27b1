import { read } from '../odoo/orm.ts';
import { many2oneId, odooDatetime, text } from '../odoo/values.ts';
import { type BatchContext, type Item, refuse } from './batch.ts';
import { mergedNotes, newRowValues } from './event-log.ts';
import { changedBy } from './provenance.ts';
import { isDisabledByDeath } from './rules/death.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

/** What a registration that is taken back takes back. */
export interface Revocation {
  /** Whether the event was applied before, or waits for reviewers to apply it. */
  applied: 'yes' | 'requested' | 'no';
}

/**
 * Makes visible that registrations are not in force. One that was applied ends in `error`, with what a caseworker must
 * undo; one that was not is `processed`, so that nobody presses a button that would apply it. Nothing else is changed,
 * except that a registrant may be enabled again (see `mayBeEnabled`).
 *
 * @throws OdooError
 */
export async function takeBack(items: readonly Item[], context: BatchContext): Promise<void> {
  if (items.length === 0) return;
  const texts = textsIn(context.openspp.language).revocation;
  const enabled = await enableRegistrants(items, context);
  for (const item of items) {
    const { event, revocation, registrant } = item;
    item.error = null;
    item.reason = null;
    item.notes = [texts.line];
    if (revocation?.applied === 'no' || !revocation) {
      item.notes.push(texts.nothingApplied);
      continue;
    }
    item.reason = 'event.revoked';
    if (revocation.applied === 'requested') item.error = texts.rejectRequests;
    else if (event.type !== 'death') item.error = texts.undo[event.type];
    else if (enabled.has(item)) item.error = texts.undo.enabled;
    else item.error = registrant?.disabled === null ? texts.undo.enabledAlready : texts.undo.death;
  }
  await writeRows(items, context);
}

async function writeRows(items: readonly Item[], { writer, openspp, now }: BatchContext): Promise<void> {
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
