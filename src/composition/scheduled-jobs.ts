import type { Logger } from 'pino';
import type { Settings } from '../config/schema.ts';
import { subscribe } from '../connectors/mosip/hub.ts';
import { LeaseBook } from '../connectors/mosip/leases.ts';
import { renewLeases } from '../connectors/mosip/renew-leases.ts';
import { type LateMatchDependencies, matchLate } from '../delivery/late-matches.ts';
import { takeUpUnfinished, type UnfinishedEventsDependencies } from '../delivery/unfinished-events.ts';
import { takeUpWaiting } from '../delivery/waiting-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { codeOf } from '../lib/coded-error.ts';
import { OdooError } from '../odoo/errors.ts';
import type { OpensppGuard } from '../openspp/known-openspp.ts';
import { renewSubscriptions } from '../registries/renewal.ts';
import { pruneScreenings } from '../screening/service.ts';
import type { Signals } from '../signals/signals.ts';
import type { RegistryServices } from './registry-services.ts';

export interface ScheduledJobDependencies extends LateMatchDependencies, UnfinishedEventsDependencies {
  inbox: Inbox;
  log: Logger;
  /** Whether OpenSPP is the one of the inbox; taken for granted where left out. */
  guard?: Pick<OpensppGuard, 'verify'> | undefined;
  /** Left out: nothing is measured. */
  signals?: Pick<Signals, 'matchedLate'> | undefined;
  /** Null where no registry is asked. */
  asks?: RegistryServices | null;
}

const PRUNE_EVERY_MS = 3_600_000;

/**
 * Starts what has to be done every so often, on one of the bridges that share the inbox at a time: matching late
 * registrants, taking up unfinished events, renewing subscriptions, deleting what is past its retention.
 *
 * @returns stops them, and resolves when what is under way has ended
 */
export async function startScheduledJobs(
  settings: Settings,
  deps: ScheduledJobDependencies,
): Promise<() => Promise<void>> {
  const { inbox, guard, log } = deps;
  const { apply, lateMatches, mosip, subscriptions, sweep } = settings;
  const jobs: { name: string; everyMs: number; work(): Promise<void> }[] = [
    {
      name: 'prune',
      everyMs: PRUNE_EVERY_MS,
      async work() {
        const now = Date.now();
        const messages = await inbox.prune(now - settings.inbox.retentionMs);
        if (messages > 0) log.info({ messages }, 'settled messages past their retention were deleted');
        await inbox.pruneAudit(now - settings.page.auditMs);
        await inbox.pruneRefusals(now - settings.page.auditMs);
        const answers = await inbox.pruneAnswers(now - settings.answers.keepMs);
        if (answers > 0)
          log.info({ answers }, 'old questions to registries, and their answers, were deleted');
        const screenings = await pruneScreenings(inbox, now - settings.screening.keepMs);
        if (screenings > 0) log.info({ screenings }, 'old screenings, and their reports, were deleted');
        await deps.asks?.kept?.subscriptions.prune(now - settings.inbox.retentionMs);
      },
    },
  ];
  jobs.push({
    name: 'waiting',
    everyMs: apply.pollMs,
    async work() {
      await guard?.verify();
      const events = await takeUpWaiting({ ...deps, apply });
      if (events > 0) log.info({ events }, 'what events waited for has come; they are delivered');
    },
  });
  const { registries, kept } = deps.asks ?? { registries: null, kept: null };
  if (registries && kept) {
    jobs.push({
      name: 'subscriptions',
      everyMs: subscriptions.intervalMs,
      async work() {
        const renewed = await renewSubscriptions(
          subscriptions,
          kept.subscriptions,
          registries,
          log,
          Date.now(),
        );
        if (renewed > 0) log.info({ renewed }, 'subscriptions were renewed');
      },
    });
  }
  const { topics, hub } = mosip;
  if (topics.length > 0) {
    const leases = new LeaseBook(inbox);
    jobs.push({
      name: 'mosip leases',
      everyMs: subscriptions.intervalMs,
      async work() {
        const ask = hub && ((topic: string) => subscribe(topic, hub));
        const asked = await renewLeases({ ...subscriptions, topics }, leases, ask, log, Date.now());
        if (asked > 0) log.info({ asked }, 'subscriptions at MOSIP’s hub were asked for');
      },
    });
  }
  if (lateMatches.forMs > 0) {
    jobs.push({
      name: 'late matches',
      everyMs: lateMatches.intervalMs,
      async work() {
        await guard?.verify();
        const { looked, matched } = await matchLate(lateMatches, deps);
        deps.signals?.matchedLate(looked, matched);
        if (matched > 0) log.info({ looked, matched }, 'registrants of earlier events turned up');
      },
    });
  }
  if (sweep.enabled) {
    jobs.push({
      name: 'sweep',
      everyMs: sweep.intervalMs,
      async work() {
        await guard?.verify();
        const rows = await takeUpUnfinished(sweep.untouchedMs, { ...deps, apply });
        if (rows > 0) log.info({ rows }, 'unfinished events in OpenSPP were taken up');
      },
    });
  }
  const stops = await Promise.all(
    jobs.map(({ name, everyMs, work }) =>
      inbox.schedule(name, everyMs, work, (error) => {
        // Said by the guard, once in a while.
        const level = codeOf(error) === 'openspp.other' ? 'debug' : 'warn';
        log[level]({ job: name, ...codeAndReason(error) }, 'a scheduled job failed');
      }),
    ),
  );
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Codes and the inbox's own words; other errors could quote anything. */
function codeAndReason(error: unknown): { code: string; reason?: string } {
  if (error instanceof OdooError) return { code: error.code, reason: error.message };
  return { code: codeOf(error) };
}
