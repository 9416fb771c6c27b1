import type { Hono } from 'hono';
import type { OdooHealth } from '../delivery/odoo-health.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { AppEnv } from './app-env.ts';
import { ANSWER_HEADERS } from './headers.ts';

export interface HealthDependencies {
  inbox: Pick<Inbox, 'check'>;
  /** How many senders are known; null before they were read for the first time. */
  senderCount(): number | null;
  odooHealth(): OdooHealth;
}

/**
 * `GET /healthz`: the process answers. `GET /readyz`: it can take notifications, which is to say that its inbox can be
 * written; how Odoo stands is told, and does not make it unready, since what is taken is kept.
 */
export function addHealthRoutes(app: Hono<AppEnv>, deps: HealthDependencies): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, ANSWER_HEADERS));
  app.get('/readyz', async (c) => {
    const writable = await deps.inbox.check().then(
      () => true,
      () => false,
    );
    const odoo = deps.odooHealth();
    return c.json(
      {
        status: writable ? 'ready' : 'unready',
        inbox: { writable },
        senders: { known: deps.senderCount() },
        odoo: {
          reachable: odoo.reachable,
          error: odoo.error,
          last_answer_at: isoOrNull(odoo.lastAnswerAt),
          waits_until: isoOrNull(odoo.waitsUntil),
          breaker: odoo.breaker,
        },
      },
      writable ? 200 : 503,
      ANSWER_HEADERS,
    );
  });
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
