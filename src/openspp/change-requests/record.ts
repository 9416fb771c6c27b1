import { missingIn } from '../added.ts';
import { modeInForce } from '../apply-mode.ts';
import { type BatchContext, type Item, refuse } from '../batch.ts';
import { mergedNotes } from '../event-log.ts';
import { startValues } from '../event-rows.ts';
import { textsIn } from '../texts/index.ts';
import { requestTextsIn } from '../texts/requests.ts';
import { MODEL } from '../vocabulary.ts';
import { APPLY_AUTO } from './plan.ts';
import { findRequests } from './request.ts';

/**
 * The events whose rows are written and which change nobody. One for which change requests were filed before is none of
 * them: it goes on as its reviewers decide.
 *
 * @param items open ones, with the rows that they have already
 * @throws OdooError
 */
export async function recordedAmong(items: readonly Item[], context: BatchContext): Promise<Item[]> {
  const { apply = APPLY_AUTO, openspp, client } = context;
  const recorded = items.filter(({ event }) => modeInForce(apply, openspp, event.type).kind === 'record');
  const begun = recorded.filter(({ row }) => row?.state === 'processing');
  if (begun.length === 0 || openspp.changeRequests.kind !== 'usable') return recorded;
  const found = await findRequests(
    client,
    begun.map(({ registrant, row }) => registrant?.id ?? row?.personId ?? 0),
  );
  return recorded.filter(({ row }) => row === null || !found.has(row.id));
}

/**
 * Leaves the rows in `received`, for a user to press Process. A correction is written into its row all the same, which
 * goes back to `received`; what was begun on a row before goes no further.
 *
 * @param items those that `recordedAmong` gave, with their rows
 * @throws OdooError
 */
export async function recordOnly(items: readonly Item[], { openspp, writer }: BatchContext): Promise<void> {
  const texts = requestTextsIn(openspp.language);
  const own = textsIn(openspp.language);
  const open = items.filter(({ row, finished, changed }) => row !== null && !finished && !changed);
  for (const item of open) {
    item.notes = [...(item.error === null ? [] : [item.error]), ...item.notes, texts.recordedOnly];
    item.error = null;
    item.reason = null;
  }
  const refused = await writer.write(
    MODEL.event,
    // A row that ended in error is a user's to retry.
    open.filter(({ row, corrects }) => corrects !== null || row?.state !== 'error'),
    (item) => {
      const { row, corrects, registrant } = item;
      const values = corrects ? startValues(item, own) : {};
      const before = typeof values.notes === 'string' ? values.notes : (row?.notes ?? null);
      return {
        id: row?.id ?? 0,
        values: {
          state: 'received',
          ...values,
          ...missingIn(item),
          notes: mergedNotes(before, item.notes) ?? false,
          ...(registrant === null || registrant.id === row?.personId ? {} : { person_id: registrant.id }),
        },
      };
    },
  );
  refuse(refused);
  for (const item of open) item.finished = true;
}
