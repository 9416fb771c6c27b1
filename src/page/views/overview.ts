import { html } from 'hono/html';
import { INBOX_EVENT_TYPES } from '../../events/identity-event.ts';
import { DAY_MS, WARNING_DAYS } from '../../odoo/api-key-end.ts';
import { countOf, type Overview, type State, waitingOf } from '../overview.ts';
import type { Html, View } from '../view.ts';
import { chart } from './chart.ts';
import { searchForm, table } from './parts.ts';

/** What of the settings an operator should see. */
export interface OverviewNotes {
  receiver: boolean;
  unsigned: boolean;
}

export function overviewPage(view: View, overview: Overview, notes: OverviewNotes): Html {
  const { texts } = view;
  return html`<h1 class="visually-hidden">${texts.overview.title}</h1>
${overviewLive(view, overview, notes)}
<section aria-labelledby="find" class="card find"><h2 id="find">${texts.overview.find}</h2>${searchForm(view)}</section>
<noscript><p><a href="/">${texts.refresh}</a></p></noscript>`;
}

/** What is brought up to date by itself. */
export function overviewLive(view: View, overview: Overview, notes: OverviewNotes): Html {
  const { texts } = view;
  const { hour, day, state } = overview;
  return html`<div id="live" data-live="/live" data-every="4000">
<section class="state ${levelOf(state)}" aria-labelledby="state">
<p id="state" class="sentence" role="status" aria-live="polite">${sentenceOf(view, state)}</p>
${noteList(view, overview, notes)}
</section>
${figures(view, overview)}
<div class="charts">${chart(view, 'hour', texts.chart.hour, hour, 10)}${chart(view, 'day', texts.chart.day, day, 24)}</div>
${byType(view, overview)}
</div>`;
}

function levelOf({ kind }: State): 'well' | 'warn' | 'bad' {
  if (kind === 'well' || kind === 'quiet') return 'well';
  return kind === 'slow' || kind === 'held' ? 'warn' : 'bad';
}

function sentenceOf({ texts, format }: View, state: State): string {
  const words = texts.sentence;
  const waiting = (count: number) => words.waiting(count, format.number(count));
  switch (state.kind) {
    case 'no_senders':
      return words.noSenders;
    case 'odoo_silent':
      return state.sinceMs === null
        ? words.odooNever(waiting(state.waiting))
        : words.odooSilent(format.duration(state.sinceMs), waiting(state.waiting));
    case 'odoo_refuses':
      return words.odooRefuses(waiting(state.waiting));
    case 'held':
      return words.held(waiting(state.held));
    case 'slow':
      return words.slow(waiting(state.waiting), format.duration(state.oldestMs));
    case 'quiet':
      return words.quiet;
    case 'well':
      return words.well;
  }
}

function noteList(view: View, overview: Overview, notes: OverviewNotes): Html | string {
  const { texts, format } = view;
  const { tally, held, odoo } = overview;
  const dead = countOf(tally.rows, ({ state }) => state === 'dead');
  const error = countOf(tally.rows, ({ outcome }) => outcome === 'error');
  const words = texts.notes;
  const lines = [
    ...(odoo.error === null ? [] : [words.odooCode(texts.attempts[odoo.error] ?? odoo.error)]),
    ...held.map(
      ({ reason, count }) =>
        html`<a href="/events?state=deferred">${texts.sentence.waiting(count, format.number(count))}</a>: ${texts.attempts[reason] ?? reason}`,
    ),
    ...(dead > 0 ? [html`<a href="/events?state=dead">${words.dead(dead, format.number(dead))}</a>`] : []),
    ...(error > 0
      ? [html`<a href="/events?state=error">${words.error(error, format.number(error))}</a>`]
      : []),
    ...keyNotes(view, overview),
    ...(notes.unsigned ? [words.unsigned] : []),
    ...(notes.receiver ? [words.receiver] : []),
  ];
  return lines.length === 0 ? '' : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** From fourteen days before the API key ends. */
function keyNotes({ texts, format }: View, { now, apiKeyEnd }: Overview): string[] {
  if (apiKeyEnd === null || apiKeyEnd - now > WARNING_DAYS * DAY_MS) return [];
  const day = format.day(dayOf(apiKeyEnd));
  if (apiKeyEnd <= now) return [texts.notes.apiKeyEnded(day)];
  return [texts.notes.apiKeyEnds(day, format.duration(Math.max(1000, apiKeyEnd - now)))];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function figures(
  { texts, format }: View,
  { now, tally, oldestWaitingAt: oldest, hour, odoo, latency, apiKeyEnd }: Overview,
): Html {
  const words = texts.overview;
  const sum = (counts: readonly number[]) => format.number(counts.reduce((total, count) => total + count, 0));
  const stands =
    odoo.reachable === null
      ? words.odooUnknown
      : odoo.reachable
        ? odoo.error === null
          ? words.odooWell
          : words.odooRefuses
        : words.odooSilent;
  const more =
    odoo.waitsUntil !== null
      ? words.nextTry(format.duration(Math.max(1000, odoo.waitsUntil - now)))
      : apiKeyEnd === null
        ? null
        : words.keyUntil(format.day(dayOf(apiKeyEnd)));
  const cells: [label: string, value: string, more?: string | undefined][] = [
    [words.waiting, format.number(waitingOf(tally))],
    [words.oldest, oldest === null ? texts.none : format.duration(Math.max(1000, now - oldest))],
    [words.acceptedHour, sum(hour.accepted)],
    [words.settledHour, sum(hour.settled)],
    more === null ? [words.odoo, stands] : [words.odoo, stands, more],
    [
      words.latency,
      latency === null ? texts.none : format.short(latency.median),
      latency === null ? words.noCalls : words.latencyOf(format.short(latency.slowest)),
    ],
  ];
  return html`<section aria-labelledby="figures"><h2 id="figures" class="visually-hidden">${words.figures}</h2>
<dl class="figures">${cells.map(
    ([label, value, more]) =>
      html`<div><dt>${label}</dt><dd>${value}${more === undefined ? '' : html`<small>${more}</small>`}</dd></div>`,
  )}</dl></section>`;
}

const COLUMNS = [
  { key: 'state', value: 'waiting' },
  { key: 'state', value: 'delivering' },
  { key: 'state', value: 'deferred' },
  { key: 'outcome', value: 'processed' },
  { key: 'outcome', value: 'error' },
  { key: 'state', value: 'dead' },
] as const;

function byType({ texts, format }: View, { tally: { rows } }: Overview): Html {
  const words = texts.overview;
  const label = ({ key, value }: (typeof COLUMNS)[number]) =>
    key === 'state' ? texts.states[value] : texts.outcomes[value];
  const line = (name: Html, type: string | null) => {
    const cells = COLUMNS.map(({ key, value }) => {
      const count = countOf(rows, (row) => row[key] === value && (type === null || row.type === type));
      if (count === 0) return html`<td class="number zero">0</td>`;
      const query = `state=${value}${type === null ? '' : `&type=${type}`}`;
      return html`<td class="number"><a href="/events?${query}">${format.number(count)}</a></td>`;
    });
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  };
  return html`<section class="card" aria-labelledby="by-type"><h2 id="by-type">${words.byType}</h2>${table(
    words.byTypeCaption,
    [texts.events.type, ...COLUMNS.map(label)],
    [
      ...INBOX_EVENT_TYPES.map((type) =>
        line(html`<a href="/events?type=${type}">${texts.types[type]}</a>`, type),
      ),
      line(html`<a href="/events">${words.total}</a>`, null),
    ],
  )}</section>`;
}
