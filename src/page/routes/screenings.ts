import { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { AppEnv } from '../../http/app-env.ts';
import type { Screening } from '../../screening/job.ts';
import { type Person, readPersons } from '../../screening/persons.ts';
import { type Population, SCREENING_KINDS, ScreeningError } from '../../screening/plan.ts';
import { BOM, csvReport, reportPage } from '../../screening/report.ts';
import { type Outcome, outcomesOf } from '../../screening/result.ts';
import type { ScreeningService } from '../../screening/service.ts';
import { PAGE_SIZE, type PageContext } from '../context.ts';
import { redirect } from '../guard.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { PageError } from '../page-error.ts';
import type { View } from '../view.ts';
import { screeningLive, screeningPage, screeningsPage } from '../views/screenings.ts';

const PATH = '/screenings/:id{[0-9a-f]{1,32}}';

/** The pages of screenings: the list with progress, and each report with masked persons. */
export function addScreenings(context: PageContext, screenings: ScreeningService): void {
  addList(context, screenings);
  addOne(context, screenings);
}

function addList({ app, guard, operations, operatorOf }: PageContext, screenings: ScreeningService): void {
  app.get(
    '/screenings',
    guard.page(async (c, view) => {
      const content = screeningsPage(view, await screenings.screenings.list(), doneOf(c, view));
      return guard.answer(c, view, view.texts.screenings.title, 'screenings', content);
    }),
  );
  app.post(
    '/screenings',
    guard.form(async (c, view, fields) => {
      const kind = SCREENING_KINDS.find((one) => one === fields.kind);
      const population = populationOf(fields);
      if (!kind || !population) throw new PageError(400, 'badRequest');
      try {
        // The box is for deaths: left ticked, it means nothing for the others.
        const fileEvents = kind === 'deaths' && fields.file_events === 'yes';
        const { id } = await screenings.start({ kind, population, fileEvents, maxAgeSeconds: null });
        await operations.auditor.note(operatorOf(c, view), { action: 'screening_start' });
        return redirect(c, `/screenings/${id}?done=begun`);
      } catch (error) {
        if (error instanceof ScreeningError && error.code === 'screening.running')
          return redirect(c, '/screenings?done=running');
        throw error;
      }
    }),
  );
}

function populationOf({ of, id = '' }: Record<string, string>): Population | null {
  if (of === 'all') return { of };
  if (of !== 'program' && of !== 'cycle') return null;
  return /^[1-9]\d{0,9}$/.test(id) ? { of, id: Number(id) } : null;
}

function addOne({ app, guard, operations, operatorOf }: PageContext, screenings: ScreeningService): void {
  const found = async (c: Context<AppEnv>): Promise<Screening> => {
    const one = await screenings.screenings.find(c.req.param('id') ?? '');
    if (!one) throw new PageError(404, 'noScreening');
    return one;
  };
  const answer = async (
    c: Context<AppEnv>,
    view: View,
    screening: Screening,
    fields: Record<string, string | undefined>,
    shows: boolean,
  ) => {
    const outcome = outcomeOf(screening, fields.answer);
    const after = /^[1-9]\d{0,14}$/.test(fields.after ?? '') ? Number(fields.after) : 0;
    const page = await reportPage(screenings.documents, screening, { outcome, after, limit: PAGE_SIZE });
    const persons = shows ? await personsOf(screenings, page.results) : null;
    const progress = screenings.progressOf(screening.id);
    const here = `/screenings/${screening.id}`;
    const { kinds } = view.texts.screenings;
    return guard.answer(
      c,
      { ...view, here },
      kinds[screening.plan.kind],
      'screenings',
      screeningPage(view, { screening, progress, page, outcome, after, persons, done: doneOf(c, view) }),
    );
  };
  app.get(
    PATH,
    guard.page(async (c, view) => answer(c, view, await found(c), c.req.query(), false)),
  );
  app.get(
    `${PATH}/live`,
    guard.part(async (c, view) => {
      const screening = await found(c);
      const content = screeningLive(view, screening, screenings.progressOf(screening.id));
      return c.html(content, 200, PAGE_HEADERS);
    }),
  );
  app.get(`${PATH}/show`, (c) => redirect(c, `/screenings/${c.req.param('id')}`));
  app.post(
    `${PATH}/show`,
    guard.form(async (c, view, fields) => {
      const screening = await found(c);
      const outcome = outcomeOf(screening, fields.answer);
      const after = Number(fields.after ?? 0) || 0;
      const { results } = await reportPage(screenings.documents, screening, {
        outcome,
        after,
        limit: PAGE_SIZE,
      });
      // Before anything is shown: without a trace there is nothing to see.
      await operations.auditor.note(operatorOf(c, view), {
        action: 'screening_persons',
        count: results.length,
      });
      return answer(c, view, screening, fields, true);
    }),
  );
  app.post(
    `${PATH}/report.csv`,
    guard.form(async (c, view) => {
      const screening = await found(c);
      await operations.auditor.note(operatorOf(c, view), {
        action: 'screening_report',
        count: screening.people ?? 0,
      });
      async function* whole() {
        yield BOM;
        yield* csvReport(screenings.documents, screening);
      }
      return new Response(Readable.toWeb(Readable.from(whole())) as ReadableStream, {
        headers: {
          ...PAGE_HEADERS,
          'Content-Type': 'text/csv; charset=utf-8; header=present',
          'Content-Disposition': `attachment; filename="screening-${screening.id}.csv"`,
        },
      });
    }),
  );
  for (const name of ['cancel', 'resume'] as const) {
    app.post(
      `${PATH}/${name}`,
      guard.form(async (c, view) => {
        const { id } = await found(c);
        try {
          await screenings[name](id);
        } catch (error) {
          if (error instanceof ScreeningError) return redirect(c, `/screenings/${id}?done=unchanged`);
          throw error;
        }
        await operations.auditor.note(operatorOf(c, view), {
          action: name === 'cancel' ? 'screening_cancel' : 'screening_start',
        });
        return redirect(c, `/screenings/${id}?done=${name === 'cancel' ? 'stopping' : 'begun'}`);
      }),
    );
  }
}

function outcomeOf({ plan }: Screening, text: string | undefined): Outcome | null {
  return outcomesOf(plan.kind).find((one) => one === text) ?? null;
}

/** Nobody where OpenSPP does not answer: the report comes without their names. */
async function personsOf(
  { client }: ScreeningService,
  results: readonly { id: number }[],
): Promise<ReadonlyMap<number, Person>> {
  try {
    return await readPersons(
      client,
      results.map(({ id }) => id),
    );
  } catch {
    return new Map();
  }
}

/** What the last form did, in words. */
function doneOf(c: Context<AppEnv>, { texts }: View): string | null {
  const done = c.req.query('done') ?? '';
  const { said } = texts.screenings;
  return Object.hasOwn(said, done) ? (said[done] ?? null) : null;
}
