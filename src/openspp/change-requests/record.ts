import { missingIn } from '../added.ts';
import { APPLY_AUTO, modeInForce } from '../apply-mode.ts';
import type { BatchContext } from '../batch.ts';
import { mergedNotes } from '../event-log.ts';
import { personIn, startValues } from '../event-rows.ts';
import { hidePersonalData } from '../personal-data.ts';
import { delivered, type InRow, type Located, type Outcome, refused } from '../stages.ts';
import { textsIn } from '../texts/index.ts';
import { MODEL } from '../vocabulary.ts';
import { findRequests } from './request.ts';

/**
 * The events whose rows are written and which change nobody. One for which change requests were filed before is none of
 * them: it goes on as its reviewers decide.
 *
 * @throws OdooError
 */
export async function recordedAmong(items: readonly Located[], context: BatchContext): Promise<Located[]> {
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
 * Leaves the rows in `received`, for a user to press Process. A correction is still written into its row, which
 * goes back to `received`; what was begun on a row before goes no further.
 *
 * @param items those that `recordedAmong` gave, with their rows
 * @throws OdooError
 */
export async function recordOnly(items: readonly InRow[], context: BatchContext): Promise<Outcome[]> {
  const { openspp, writer } = context;
  const texts = textsIn(openspp.language);
  const { recordedOnly } = texts.requests;
  // Nothing was applied, so nothing failed: why it could not be is for the user who presses Process.
  const open = items.map((item): InRow => {
    const { problem, notes } = item;
    return { ...item, problem: null, notes: [...(problem ? [problem.error] : []), ...notes, recordedOnly] };
  });
  const refusals = await writer.write(
    MODEL.event,
    // A row that ended in error is a user's to retry.
    open.filter(({ row, corrects }) => corrects !== null || row.state !== 'error'),
    (item) => {
      const { row, registrant } = item;
      const values = item.corrects ? startValues(item, texts) : {};
      const before = typeof values.notes === 'string' ? values.notes : row.notes;
      return {
        id: row.id,
        values: {
          state: 'received',
          ...values,
          ...missingIn(item),
          notes: mergedNotes(before, item.notes) ?? false,
          ...personIn(row, registrant),
        },
      };
    },
  );
  const errors = new Map(refusals.map(({ item, error }) => [item, error]));
  const written = open.map((item) => {
    const error = errors.get(item);
    return error ? refused(item, error) : item;
  });
  return (await hidePersonalData(written, context)).map((item) => delivered(item));
}
