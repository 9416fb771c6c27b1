import { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { AuditNote } from '../operations/auditor.ts';
import type { Screening } from '../screening/job.ts';
import { ScreeningError } from '../screening/plan.ts';
import { BOM, csvReport, jsonReport } from '../screening/report.ts';
import type { ScreeningService } from '../screening/service.ts';
import type { AppEnv } from './app-env.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { HttpError } from './http-error.ts';
import { ASKING_CAUSES, INBOX_CAUSES } from './openapi/causes.ts';
import { addRoute } from './openapi/route.ts';
import { httpErrorOf } from './registry-routes.ts';
import {
  reportEntry,
  screening,
  screeningBody,
  screeningEstimate,
  screeningParams,
  screeningStatus,
} from './screening-schemas.ts';

const PATH = '/api/screenings';
const ONE = `${PATH}/:id{[0-9a-f]+}`;
const TAG = { tag: 'registries' } as const;

/** Keeps a trace of what somebody did. */
export type Note = (c: Context<AppEnv>, note: AuditNote) => Promise<unknown>;

/**
 * The routes of screenings: `POST /api/screenings` has one carried out (202), `GET` lists them, `POST …/estimate` says
 * what one would take, `GET …/:id` shows one and its progress, `…/cancel` and `…/resume` stop and continue it, and
 * `…/report.csv` and `…/report.json` give its report. Add them after the operator's routes, which guard `/api`.
 */
export function addScreeningRoutes(app: Hono<AppEnv>, service: ScreeningService, note: Note): void {
  addRoute(
    app,
    {
      ...TAG,
      method: 'get',
      path: PATH,
      summary: 'List screenings, the latest first',
      answers: {
        200: { description: 'Without personal data.', schema: z.object({ screenings: z.array(screening) }) },
      },
      errors: INBOX_CAUSES,
    },
    async (c) => c.json({ screenings: await service.screenings.list() }),
  );
  addRoute(
    app,
    {
      ...TAG,
      method: 'post',
      path: PATH,
      summary: 'Screen registrants for deaths, duplicates or disability',
      description: 'The bridge asks the registry in the background, and goes on after a restart.',
      body: screeningBody,
      answers: { 202: { description: 'Begun.', schema: z.object({ screening }) } },
      errors: { ...INBOX_CAUSES, 409: 'Another screening is under way.' },
    },
    (c, { body }) =>
      answered(async () => {
        const begun = await service.start(body);
        await note(c, { action: 'screening_start' });
        return c.json({ screening: begun }, 202);
      }),
  );
  addRoute(
    app,
    {
      ...TAG,
      method: 'post',
      path: `${PATH}/estimate`,
      summary: 'Say what a screening would take, without asking the registry',
      description: 'Reads the registrants from OpenSPP, which takes a while for many.',
      body: screeningBody,
      answers: { 200: { description: 'People, requests, time.', schema: screeningEstimate } },
      errors: { ...ASKING_CAUSES, 404: 'There is no program, payment round or registry of this id.' },
    },
    (c, { body }) => answered(async () => c.json(await service.estimate(body, c.req.raw.signal))),
  );
  addRoute(
    app,
    {
      ...TAG,
      method: 'get',
      path: ONE,
      summary: 'Show a screening and its progress',
      params: screeningParams,
      answers: { 200: { description: 'Without personal data.', schema: screeningStatus } },
      errors: { ...INBOX_CAUSES, 404: 'There is no screening of this id.' },
    },
    (c, { params }) =>
      answered(async () =>
        c.json({
          screening: await service.screenings.get(params.id),
          progress: service.progressOf(params.id),
        }),
      ),
  );
  addChanges(app, service, note);
  addReports(app, service, note);
}

function addChanges(app: Hono<AppEnv>, service: ScreeningService, note: Note): void {
  const change = (name: 'cancel' | 'resume', summary: string, description: string) =>
    addRoute(
      app,
      {
        ...TAG,
        method: 'post',
        path: `${ONE}/${name}`,
        summary,
        description,
        params: screeningParams,
        answers: { 200: { description: 'Its state.', schema: z.object({ screening }) } },
        errors: {
          ...INBOX_CAUSES,
          404: 'There is no screening of this id.',
          409: 'It is in another state, or another screening is under way.',
        },
      },
      (c, { params }) =>
        answered(async () => {
          const changed = await service[name](params.id);
          await note(c, { action: name === 'cancel' ? 'screening_cancel' : 'screening_start' });
          return c.json({ screening: changed });
        }),
    );
  change('cancel', 'Stop a screening', 'What is answered is kept; it can be continued.');
  change('resume', 'Continue a screening that was stopped or failed', 'It goes on where it was.');
}

function addReports(app: Hono<AppEnv>, service: ScreeningService, note: Note): void {
  const give = (
    c: Context<AppEnv>,
    id: string,
    type: string,
    name: string,
    parts: (of: Screening) => AsyncIterable<string>,
  ) =>
    answered(async () => {
      const of = await service.screenings.get(id);
      // Before anything is given: without a trace there is nothing to see.
      await note(c, { action: 'screening_report', count: of.people ?? 0 });
      return new Response(Readable.toWeb(Readable.from(bytesOf(parts(of)))) as ReadableStream, {
        headers: {
          ...ANSWER_HEADERS,
          'Content-Type': type,
          'Content-Disposition': `attachment; filename="${name}"`,
        },
      });
    });
  addRoute(
    app,
    {
      ...TAG,
      method: 'get',
      path: `${ONE}/report.csv`,
      summary: 'Give the report of a screening as CSV',
      description:
        'Every registrant once, by the internal id, with the dates and numbers of deaths; one header line, UTF-8 with a ' +
        'byte order mark, no cell that a spreadsheet takes for a formula.',
      params: screeningParams,
      answers: { 200: { description: 'The report.', type: 'text/csv' } },
      errors: { ...INBOX_CAUSES, 404: 'There is no screening of this id.' },
    },
    (c, { params: { id } }) =>
      give(c, id, 'text/csv; charset=utf-8; header=present', `screening-${id}.csv`, async function* (of) {
        yield BOM;
        yield* csvReport(service.documents, of);
      }),
  );
  addRoute(
    app,
    {
      ...TAG,
      method: 'get',
      path: `${ONE}/report.json`,
      summary: 'Give the report of a screening as JSON',
      description: 'Every registrant once, by the internal id, with the dates and numbers of deaths.',
      params: screeningParams,
      answers: {
        200: {
          description: 'The report.',
          schema: z.object({ screening, registrants: z.array(reportEntry) }),
        },
      },
      errors: { ...INBOX_CAUSES, 404: 'There is no screening of this id.' },
    },
    (c, { params: { id } }) =>
      give(c, id, 'application/json', `screening-${id}.json`, (of) => jsonReport(service.documents, of)),
  );
}

async function* bytesOf(parts: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, void> {
  // A line for each write would cost more than what it carries.
  let text = '';
  for await (const part of parts) {
    text += part;
    if (text.length < WRITE_SIZE) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

const WRITE_SIZE = 32_768;

const STATUS = {
  'screening.plan': 400,
  'screening.nobody': 422,
  'screening.running': 409,
  'screening.unknown': 404,
  'screening.state': 409,
} as const satisfies Record<ScreeningError['code'], number>;

async function answered(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ScreeningError)) throw httpErrorOf(error);
    const code = error.code === 'screening.unknown' ? 'err.request.not_found' : 'err.request.bad';
    throw new HttpError(code, error.message, STATUS[error.code]);
  }
}
