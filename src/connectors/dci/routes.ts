import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { acknowledge } from '../../dci/ack.ts';
import type { CallbackAction } from '../../dci/client/answers.ts';
import { jsonAnswer } from '../../http/answer.ts';
import { type AppEnv, requestIdOf, requestLog } from '../../http/app-env.ts';
import { ANSWER_HEADERS, REQUEST_ID_HEADER } from '../../http/headers.ts';
import { INTAKE_CAUSES, LIMITED_CAUSES } from '../../http/openapi/causes.ts';
import { acknowledged } from '../../http/openapi/error-schema.ts';
import { describeRoute, type RouteDescription } from '../../http/openapi/route.ts';
import { preferredWait } from '../../http/prefer.ts';
import type { EventStatus, Inbox, Receipt } from '../../inbox/inbox.ts';
import {
  type IntakeDependencies,
  type IntakeSettings,
  type Taken,
  takeMessage,
} from '../../intake/intake.ts';
import { assertMethods } from '../methods.ts';
import { dciReceiver, type MessageKind, type ReceiveDependencies, type ReceiveSettings } from './receive.ts';
import { RefusedAnswers } from './refused-answer.ts';
import { callback, NOTIFICATION_EXAMPLE, notification } from './schemas.ts';
import type { Waits } from './waits.ts';

export interface DciSettings extends ReceiveSettings, IntakeSettings {}

export interface DciDependencies extends ReceiveDependencies, IntakeDependencies {
  inbox: IntakeDependencies['inbox'] & Pick<Inbox, 'waitSettled'>;
  /** Aborts when the bridge stops: waiting requests end then. */
  stopping: AbortSignal;
  /** Bounds how many are kept waiting. */
  waits: Pick<Waits, 'hold'>;
  /** Whether a registry was asked something by one of our transactions. */
  asked?: ((transactionId: string) => Promise<boolean>) | undefined;
}

const nothingAsked = async () => false;

/** The routes that registries post to; every one is also under `/dci_api/v1`. */
const NOTIFY_PATHS = ['/registry/notify', '/dci_api/v1/registry/notify'] as const;
const CRVS_PATHS = ['/crvs', '/dci_api/v1/crvs'] as const;
const CALLBACKS: readonly (readonly [name: string, action: CallbackAction])[] = [
  ['on-search', 'on-search'],
  ['on-subscribe', 'on-subscribe'],
  ['on-unsubscribe', 'on-unsubscribe'],
  ['txn/on-status', 'txn-on-status'],
];
const pathsOf = (name: string) => [`/registry/${name}`, `/dci_api/v1/registry/${name}`];
const CALLBACK_PATHS = CALLBACKS.flatMap(([name]) => pathsOf(name));

const RECEIVING = {
  method: 'post',
  tag: 'notifications',
  bodyTypes: ['application/json', 'text/plain'],
  errors: { ...INTAKE_CAUSES, ...LIMITED_CAUSES },
} as const;

const NOTIFICATION = {
  ...RECEIVING,
  summary: 'Report vital events',
  description:
    'Every dialect is taken on every one of these routes. The answer comes when the message is kept for good; delivery to OpenSPP follows. A message that comes again gets its first answer.',
  headers: {
    Prefer: '`wait=10`: answer once the events are in OpenSPP, after so many seconds at the latest.',
  },
  body: notification,
  example: NOTIFICATION_EXAMPLE,
} as const;

const CALLBACK = {
  ...RECEIVING,
  summary: 'Answer a question that the bridge asked',
  description:
    'For registries that answer asynchronously. The answer is acknowledged also where it is refused, since a registry may send it once only.',
  body: callback,
  answers: { 202: { description: 'Kept.', schema: acknowledged } },
} as const;

const outcome = {
  event_id: z.int().nullable().describe('The id of the row in OpenSPP, where it is known.'),
  state: z.enum(['processed', 'error']),
};
const outcomes = {
  ...outcome,
  events: z.array(z.object({ ...outcome, state: outcome.state.nullable() })).optional(),
};

const SPDCI_ANSWERS: RouteDescription['answers'] = {
  200: { description: 'The events are in OpenSPP.', schema: acknowledged.extend(outcomes) },
  202: { description: 'The message is kept.', schema: acknowledged },
};

const taken = { status: z.literal('success'), message: z.string() };
const CRVS_ANSWERS: RouteDescription['answers'] = {
  200: { description: 'The events are in OpenSPP.', schema: z.object({ ...taken, ...outcomes }) },
  202: {
    description: 'The message is kept.',
    schema: z.object({ ...taken, event_id: outcome.event_id }),
  },
};

/** Adds the routes for notifications and for answers to our own calls. */
export function addDciRoutes(app: Hono<AppEnv>, settings: DciSettings, deps: DciDependencies): void {
  const handler = (kind: MessageKind, answer: Answer) => {
    const receiver = dciReceiver(kind, settings, deps);
    const refused = kind === 'notify' ? null : new RefusedAnswers(deps.asked ?? nothingAsked);
    const watched = refused ? refused.watching(receiver) : receiver;
    return async (c: Context<AppEnv>) => {
      let taken: Taken;
      try {
        taken = await takeMessage(c, watched, settings, deps);
      } catch (error) {
        if (!(await refused?.has(error))) throw error;
        const correlationId = requestIdOf(c);
        requestLog(c, deps.log).warn('an answer to one of our questions was refused, and acknowledged');
        return c.json(acknowledge({ correlationId, timestamp: new Date(deps.clock()) }), 202, {
          ...ANSWER_HEADERS,
          [REQUEST_ID_HEADER]: correlationId,
        });
      }
      const receipt = receiptOf(taken);
      const { applied, events } = await settledEvents(c, receipt, deps);
      return jsonAnswer(answer(receipt, events, taken.incomplete), events ? 200 : 202, {
        ...ANSWER_HEADERS,
        ...applied,
        [REQUEST_ID_HEADER]: requestIdOf(c),
      });
    };
  };
  for (const path of CRVS_PATHS) {
    app.post(path, handler('notify', opensppAnswer));
    describeRoute(app, {
      ...NOTIFICATION,
      path,
      summary: 'Report vital events, with an answer as OpenSPP gives it',
      answers: CRVS_ANSWERS,
    });
  }
  for (const path of NOTIFY_PATHS) {
    app.post(path, handler('notify', spdciAnswer));
    describeRoute(app, { ...NOTIFICATION, path, answers: SPDCI_ANSWERS });
  }
  for (const [name, action] of CALLBACKS) {
    for (const path of pathsOf(name)) {
      app.post(path, handler(action, spdciAnswer));
      describeRoute(app, { ...CALLBACK, path });
    }
  }
  for (const path of [...CRVS_PATHS, ...NOTIFY_PATHS, ...CALLBACK_PATHS]) assertMethods(app, path, 'POST');
}

/** Every DCI message is kept. */
function receiptOf({ receipt }: Taken): Receipt {
  if (receipt === null) throw new TypeError('a DCI message was taken without a receipt');
  return receipt;
}

/** What came of waiting. */
interface Waited {
  /** Null where not all events were settled by then, or nobody waited. */
  events: EventStatus[] | null;
  /** The header that says so; none where nobody waited. */
  applied: Readonly<Record<string, string>>;
}

const NOT_WAITED: Waited = { events: null, applied: {} };

/** Waits as long as the client prefers. */
async function settledEvents(
  c: Context<AppEnv>,
  receipt: Receipt,
  { inbox, stopping, waits }: DciDependencies,
): Promise<Waited> {
  const seconds = preferredWait(c.req.header('prefer'));
  if (seconds === 0 || receipt.events.length === 0) return NOT_WAITED;
  const gone = AbortSignal.any([c.req.raw.signal, stopping]);
  const events = await waits.hold(() => inbox.waitSettled(receipt.inboxId, seconds * 1000, gone));
  // RFC 7240: a preference may be passed over, and is not named then.
  if (events === null) return NOT_WAITED;
  return {
    events: events.every(({ state }) => state === 'settled') ? events : null,
    applied: { 'Preference-Applied': `wait=${seconds}` },
  };
}

/**
 * @param events the settled events, where the answer waited for them
 * @param incomplete which records could not be read, of a message that has others; null for none
 */
type Answer = (
  receipt: Receipt,
  events: EventStatus[] | null,
  incomplete: string | null,
) => Record<string, unknown>;

/** `event_id` and `state` of the message: of its only event, else of the first, and of all in `events`. */
function outcomeOf(events: EventStatus[]): Record<string, unknown> {
  const outcomes = events.map(({ odooEventId, outcome }) => ({ event_id: odooEventId, state: outcome }));
  return {
    event_id: outcomes[0]?.event_id ?? null,
    state: outcomes.some(({ state }) => state === 'error') ? 'error' : 'processed',
    ...(outcomes.length > 1 ? { events: outcomes } : {}),
  };
}

/** The shape of OpenSPP's own callback. */
const opensppAnswer: Answer = (receipt, events, incomplete) => {
  const rest = incomplete === null ? '' : `; ${incomplete}`;
  if (!events) {
    return {
      status: 'success',
      message: `CRVS notification received${rest}`,
      event_id: receipt.events[0]?.odooEventId ?? null,
    };
  }
  const outcome = outcomeOf(events);
  return {
    status: 'success',
    message:
      outcome.state === 'processed'
        ? `CRVS notification received and processed${rest}`
        : `CRVS notification received; processing it ended in an error, which OpenSPP shows${rest}`,
    ...outcome,
  };
};

const spdciAnswer: Answer = ({ correlationId, receivedAt }, events, incomplete) => ({
  ...acknowledge({ correlationId, timestamp: new Date(receivedAt) }, incomplete),
  ...(events ? outcomeOf(events) : {}),
});
