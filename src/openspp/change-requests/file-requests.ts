import type { OdooError } from '../../odoo/errors.ts';
import { tryTogether } from '../../odoo/halving.ts';
import type { BatchContext } from '../batch.ts';
import { type Concluded, failed, noted, sentenceOf } from '../stages.ts';
import { type RequestTexts, textsIn } from '../texts/index.ts';
import { OTHER_MODEL } from '../vocabulary.ts';
import { descriptionOf, readNames, runningProgrammes } from './describe.ts';
import type { RequestPlan } from './plan.ts';
import { type ChangeRequest, partsOf, readRequests } from './request.ts';
import { nameOf, verdictOn } from './verdict.ts';
import type { Wanted } from './wanted.ts';

/** A request on its way: what is wanted, and what is there of it. */
interface Filing {
  plan: RequestPlan;
  wanted: Wanted;
  request: ChangeRequest | null;
  /** Why it goes no further, in words for the caseworker. */
  refused: string | null;
  /** What the caseworker reads besides. */
  note: string | null;
}

/**
 * Files what is wanted and not there yet, submits it, and says what becomes of each event. The number of calls does not
 * depend on the number of events, except where OpenSPP submits one request a call. Every request is found again by its
 * reference: what an interrupted attempt has made is taken up.
 *
 * @param plans with rows in `processing`, but for those that were refused
 * @returns their events, in their order
 * @throws OdooError
 */
export async function fileRequests(
  plans: readonly RequestPlan[],
  context: BatchContext,
): Promise<Concluded[]> {
  const texts = textsIn(context.openspp.language).requests;
  const going = plans.filter(({ item }) => item.problem === null);
  const filings = going.flatMap((plan) =>
    plan.wanted.map((wanted): Filing => {
      const request = plan.found.find(({ reference }) => reference === wanted.reference) ?? null;
      return { plan, wanted, request, refused: null, note: null };
    }),
  );
  await make(filings, texts, context);
  const open = filings.filter(isToSubmit);
  // What was submitted before has its details, and a user who reset it may have corrected them.
  await fill(
    open.filter(({ request }) => request?.standing === 'draft'),
    texts,
    context,
  );
  await submit(
    open.filter(({ refused }) => refused === null),
    texts,
    context,
  );
  return plans.map((plan) =>
    going.includes(plan) ? conclude(plan, filings, texts) : { ...plan.item, undecided: false },
  );
}

/** One that was reset to draft is a user's, unless the event was tried again after that. */
function isToSubmit({ plan, request, refused }: Filing): boolean {
  if (refused !== null || request === null) return false;
  return request.standing === 'draft' || (request.standing === 'reset' && plan.retried);
}

async function make(filings: readonly Filing[], texts: RequestTexts, context: BatchContext): Promise<void> {
  const { openspp, writer, client } = context;
  const types = openspp.changeRequests.kind === 'usable' ? openspp.changeRequests.types : new Map();
  const missing = filings.filter(({ request }) => request === null);
  for (const filing of missing) {
    const { kind } = filing.wanted;
    const known = filing.plan.found.some(({ reference }) => partsOf(reference)?.kind === kind);
    // What was filed and is gone was taken away by somebody: it is filed again only where the event is retried.
    if (filing.plan.filed && !known) filing.refused = texts.gone(texts.kinds[kind]);
    else if (!types.has(kind)) filing.refused = texts.noType(kind, texts.kinds[kind]);
  }
  const making = missing.filter(({ refused }) => refused === null);
  if (making.length === 0) return;
  const names = await readNames(
    client,
    making.map(({ plan }) => plan.item),
  );
  const own = textsIn(openspp.language);
  const { done, refused } = await writer.create(OTHER_MODEL.changeRequest, making, (filing) => {
    const { plan, wanted } = filing;
    const { item } = plan;
    const programmes = wanted.kind === 'exit_registrant' ? runningProgrammes(item, own) : [];
    if (programmes.length > 0) filing.note = texts.endFirst(programmes);
    return {
      request_type_id: types.get(wanted.kind)?.id ?? 0,
      registrant_id: item.registrant?.id ?? 0,
      source_type: 'api',
      source_reference: wanted.reference,
      description: descriptionOf(item, wanted, names.get(item.row.id) ?? '', programmes, texts),
    };
  });
  for (const { item, error } of refused) refuse(item, error, texts);
  const made = await readRequests(
    client,
    done.map(({ result }) => result),
  );
  for (const { item, result } of done) item.request = made.get(result) ?? null;
}

async function fill(
  filings: readonly Filing[],
  texts: RequestTexts,
  { writer }: BatchContext,
): Promise<void> {
  // A request without its details asks for nothing, or for whatever OpenSPP takes by default.
  for (const filing of filings.filter(({ request }) => !request?.detail)) {
    filing.refused = texts.noDetail(texts.kinds[filing.wanted.kind]);
  }
  const whole = filings.filter(({ request }) => request?.detail);
  const byModel = Map.groupBy(whole, ({ request }) => request?.detail?.model ?? '');
  for (const [model, some] of byModel) {
    const refused = await writer.write(model, some, ({ wanted, request }) => ({
      id: request?.detail?.id ?? 0,
      values: wanted.detail,
    }));
    for (const { item, error } of refused) refuse(item, error, texts);
  }
}

/**
 * Submits many in one call. Releases of OpenSPP submit only the first record of such a call and answer as if it were
 * all, so their state is read afterwards, and what was left is submitted one by one.
 */
async function submit(filings: readonly Filing[], texts: RequestTexts, context: BatchContext): Promise<void> {
  if (filings.length === 0) return;
  const together = await submitTogether(filings, context);
  await reread(filings, context);
  const left = filings.filter((filing) => isUnsubmitted(filing) && !together.has(filing));
  const alone = new Map(together);
  for (const filing of left) {
    for (const [one, error] of await submitTogether([filing], context)) alone.set(one, error);
  }
  if (left.length > 0) await reread(left, context);
  for (const filing of filings.filter(isUnsubmitted)) {
    const error = alone.get(filing);
    const name = filing.request ? nameOf(filing.request, texts) : texts.kinds[filing.wanted.kind];
    filing.refused = texts.notSubmitted(name, error ? sentenceOf(error) : null);
  }
}

function isUnsubmitted({ request }: Filing): boolean {
  return request === null || request.standing === 'draft' || request.standing === 'reset';
}

/** @returns those that OpenSPP refused */
async function submitTogether(
  filings: readonly Filing[],
  { client }: BatchContext,
): Promise<Map<Filing, OdooError>> {
  const { refused } = await tryTogether(filings, async (some) => {
    const ids = some.map(({ request }) => request?.id ?? 0);
    await client.call(OTHER_MODEL.changeRequest, 'action_submit_for_approval', { ids });
    return some;
  });
  return new Map(refused.map(({ item, error }) => [item, error]));
}

async function reread(filings: readonly Filing[], { client }: BatchContext): Promise<void> {
  const now = await readRequests(
    client,
    filings.map(({ request }) => request?.id ?? 0),
  );
  for (const filing of filings) filing.request = now.get(filing.request?.id ?? 0) ?? filing.request;
}

function refuse(filing: Filing, error: OdooError, texts: RequestTexts): void {
  filing.refused = texts.refused(texts.kinds[filing.wanted.kind], sentenceOf(error));
}

/** What becomes of the event, by all its requests. */
function conclude(plan: RequestPlan, filings: readonly Filing[], texts: RequestTexts): Concluded {
  const own = filings.filter((filing) => filing.plan === plan);
  const notes = own.flatMap(({ note }) => note ?? []).filter((note) => !plan.item.notes.includes(note));
  const item: Concluded = { ...noted(plan.item, ...notes), undecided: false };
  const wanted = own.flatMap(({ request, refused }) => (request && refused === null ? [request] : []));
  // Of those that are no longer wanted only what was applied, or is still to be decided, counts.
  const others = plan.found.filter(
    ({ reference, standing }) =>
      !own.some((filing) => filing.wanted.reference === reference) &&
      (standing === 'applied' || standing === 'pending' || standing === 'approved'),
  );
  const refused = own.flatMap((filing) => filing.refused ?? []);
  const verdict = verdictOn([...others, ...wanted], refused, texts);
  // Reviewers, and OpenSPP, may name a person or quote an identifier.
  if (verdict.kind === 'error') return failed(item, verdict, true);
  const undecided = verdict.kind === 'undecided';
  return { ...(verdict.note === null ? item : noted(item, verdict.note)), undecided };
}
