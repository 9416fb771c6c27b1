import { Hono } from 'hono';
import * as z from 'zod';
import type { OdooHealth } from '../delivery/odoo-health.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { AppEnv } from './app-env.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { addRoute, type RouteDescription } from './openapi/route.ts';
import { shortly } from './shortly.ts';

export interface HealthDependencies {
  inbox: Pick<Inbox, 'check'>;
  /** How many senders are known; null before they were read for the first time. */
  senderCount(): number | null;
  /** Whether messages are refused until the senders are known: not in a worker, nor where unsigned ones are taken. */
  needsSenders: boolean;
  odooHealth(): OdooHealth;
  /** Whether OpenSPP is another one than the one of the inbox; it is not where left out. */
  otherOpenspp?(): Promise<boolean>;
  /** How many events wait for people, by the code of what they wait for. */
  heldBy?(): Promise<ReadonlyMap<string, number>>;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** Milliseconds for which it is not tried again whether the inbox can be written: anybody may ask, and each try writes. */
const CHECKED_MS = 1000;

const readiness = z
  .object({
    status: z.enum(['ready', 'unready']),
    problems: z
      .array(z.enum(['inbox.unwritable', 'senders.unread', 'openspp.other']))
      .describe('Why it is unready; empty where it is ready.'),
    inbox: z.object({ writable: z.boolean() }),
    senders: z.object({ known: z.int().nullable() }),
    odoo: z.object({
      reachable: z.boolean().nullable(),
      error: z.string().nullable(),
      last_answer_at: z.iso.datetime().nullable(),
      waits_until: z.iso.datetime().nullable(),
      breaker: z.enum(['closed', 'open', 'half_open']),
    }),
    held: z
      .array(z.object({ reason: z.string(), events: z.int() }))
      .describe('Events that wait for people: OpenSPP is locked for the bridge, or a decision is awaited.'),
  })
  .meta({ id: 'Readiness' });

const READYZ: RouteDescription = {
  method: 'get',
  path: '/readyz',
  summary: 'Whether notifications can be taken, and the state of Odoo',
  tag: 'service',
  answers: {
    200: { description: 'They can, whatever Odoo does.', schema: readiness },
    503: {
      description:
        'The inbox cannot be written; or the senders were never read from OpenSPP, so that each message gets 503; or this is another OpenSPP than the one of the inbox, so that nothing is delivered.',
      schema: readiness,
    },
  },
};

const HEALTH_PATHS = ['/healthz', '/readyz'] as const;
const NOBODY: ReadonlyMap<string, number> = new Map();

/**
 * `GET /healthz`: the process answers. `GET /readyz`: it can take notifications, because its inbox can be written and it
 * knows the senders, and OpenSPP is the one of the inbox. The state of Odoo is shown, and does not make it unready, since what is taken is kept.
 */
export function addHealthRoutes(app: Hono<AppEnv>, deps: HealthDependencies): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/healthz',
      summary: 'Whether the process answers',
      tag: 'service',
      answers: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
    },
    (c) => c.json({ status: 'ok' }, 200, ANSWER_HEADERS),
  );
  const isWritable = shortly(
    () =>
      deps.inbox.check().then(
        () => true,
        () => false,
      ),
    CHECKED_MS,
    deps.clock,
  );
  addRoute(app, READYZ, async (c) => {
    const writable = await isWritable();
    const known = deps.senderCount();
    const odoo = deps.odooHealth();
    const isOther = await (deps.otherOpenspp?.() ?? Promise.resolve(false)).catch(() => false);
    const held = await (deps.heldBy?.() ?? Promise.resolve(NOBODY)).catch(() => NOBODY);
    const problems: z.infer<typeof readiness>['problems'] = [
      ...(writable ? [] : (['inbox.unwritable'] as const)),
      ...(deps.needsSenders && known === null ? (['senders.unread'] as const) : []),
      ...(isOther ? (['openspp.other'] as const) : []),
    ];
    return c.json(
      {
        status: problems.length === 0 ? 'ready' : 'unready',
        problems,
        inbox: { writable },
        senders: { known },
        odoo: {
          reachable: odoo.reachable,
          error: odoo.error,
          last_answer_at: isoOrNull(odoo.lastAnswerAt),
          waits_until: isoOrNull(odoo.waitsUntil),
          breaker: odoo.breaker,
        },
        held: [...held].flatMap(([reason, events]) => (events > 0 ? [{ reason, events }] : [])),
      },
      problems.length === 0 ? 200 : 503,
      ANSWER_HEADERS,
    );
  });
}

/** An app that has the health routes of another and nothing else, for an address of its own. */
export function createHealthApp(app: Hono<AppEnv>): Hono<AppEnv> {
  const health = new Hono<AppEnv>();
  for (const path of HEALTH_PATHS) health.get(path, () => app.request(path));
  return health;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
