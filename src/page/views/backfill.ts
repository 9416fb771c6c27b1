import { html } from 'hono/html';
import type { BackfillStatus } from '../../backfill/service.ts';
import type { Html, View } from '../view.ts';
import { buttonForm, flash, time } from './parts.ts';

/** The catch-up with past days: what was asked for, how far it is, what was found. No personal data. */
export function backfillPage(view: View, status: BackfillStatus, isStopping: boolean): Html {
  const words = view.texts.backfill;
  return html`<p class="crumb"><a href="/sources">${view.texts.nav.sources}</a></p><h1>${words.title}</h1><p class="intro">${words.intro}</p>${flash(isStopping ? words.stopping : null)}
${backfillLive(view, status)}
${status.state?.state === 'running' ? html`<div class="actions">${buttonForm(view, '/backfill/stop', words.stop, 'danger')}</div>` : ''}`;
}

const PILLS = { running: 'waiting', done: 'processed', stopped: 'deferred', failed: 'error' } as const;

/** What changes while it is under way. */
export function backfillLive(view: View, { state, progress }: BackfillStatus): Html {
  const { texts, format } = view;
  const words = texts.backfill;
  if (state === null) return html`<p id="live" class="empty">${words.nothing}</p>`;
  const { plan } = state;
  const counts = progress?.counts ?? state.counts;
  const days = progress?.days ?? null;
  const facts: [string, string | Html][] = [
    [words.state, html`<span class="pill ${PILLS[state.state]}">${words.states[state.state]}</span>`],
    ...(days === null
      ? []
      : [
          [
            words.progress,
            html`${words.days(format.number(days.done), format.number(days.total))} <progress max="${days.total}" value="${days.done}" aria-label="${words.progress}"></progress>`,
          ] as [string, Html],
        ]),
    [words.source, plan.source],
    [words.range, words.fromTo(format.day(plan.from), format.day(plan.to))],
    [words.types, plan.types.map((type) => texts.types[type]).join(', ')],
    [
      words.through,
      plan.types
        .map((type) => {
          const day = state.through[type];
          return `${texts.types[type]}: ${day === undefined ? texts.none : format.day(day)}`;
        })
        .join(', '),
    ],
    [words.records, format.number(counts.records)],
    [words.created, format.number(counts.created)],
    [words.known, format.number(counts.known)],
    [words.unreadable, format.number(counts.unreadable)],
    [words.begun, time(view, state.startedAt)],
    [words.updated, time(view, state.updatedAt)],
    ...(state.problem === null ? [] : [[words.problem, state.problem] as [string, string]]),
    ...(state.retryAt === null ? [] : [[words.retryAt, time(view, state.retryAt)] as [string, Html]]),
  ];
  return html`<section id="live" class="card" aria-labelledby="how"${state.state === 'running' ? html` data-live="/backfill/live" data-every="2000"` : ''}>
<h2 id="how">${words.how}</h2>
<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}
