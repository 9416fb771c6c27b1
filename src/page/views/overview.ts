import { html } from 'hono/html';
import { INBOX_EVENT_TYPES } from '../../events/identity-event.ts';
import { DAY_MS, WARNING_DAYS } from '../../odoo/api-key-end.ts';
import { addressQuery } from '../listing.ts';
import { countOf, type Need, type Overview, type State, type UnderWay, waitingOf } from '../overview.ts';
import type { Html, View } from '../view.ts';
import { chart, reasonChart } from './chart.ts';
import { reasonText, searchForm, table } from './parts.ts';

/** What of the settings an operator should see. */
export interface OverviewNotes {
  receiver: boolean;
  unsigned: boolean;
}

export function overviewPage(view: View, overview: Overview, notes: OverviewNotes): Html {
  const { texts } = view;
  return html`<h1 class="visually-hidden">${texts.overview.title}</h1>
${overviewLive(view, overview, notes)}
<p class="held" role="status" hidden>${texts.held}</p>
<section aria-labelledby="find" class="card find"><h2 id="find">${texts.overview.find}</h2>${searchForm(view)}</section>
<noscript><p><a href="/">${texts.refresh}</a></p></noscript>`;
}

/** What is brought up to date by itself. */
export function overviewLive(view: View, overview: Overview, notes: OverviewNotes): Html {
  const { texts } = view;
  const { hour, day, week, state, underWay } = overview;
  const words = texts.chart;
  return html`<div id="live" data-live="/live" data-every="4000">
<section id="how" class="state ${levelOf(state)}" aria-labelledby="state" data-hold>
<p id="state" class="sentence" role="status" aria-live="polite">${sentenceOf(view, overview)}</p>
${needsList(view, overview.needs)}${noteList(view, overview, notes)}
</section>
${figures(view, overview)}
${underWay.length === 0 ? '' : underWaySection(view, underWay)}
<div class="charts" id="charts">${chart(view, 'hour', words.hour, hour, { every: 10, tick: 'clock' })}${chart(view, 'day', words.day, day, { every: 24, tick: 'clock' })}
${chart(view, 'week', words.week, week, { every: 24, tick: 'weekday' })}${reasonChart(view, 'reasons', words.reasons, week, { every: 24, tick: 'weekday' })}</div>
${byType(view, overview)}
</div>`;
}

function levelOf({ kind }: State): 'well' | 'warn' | 'bad' {
  if (kind === 'well' || kind === 'quiet') return 'well';
  return kind === 'needs' ? 'warn' : 'bad';
}

function sentenceOf(view: View, { state, needs }: Overview): string | Html {
  const { texts, format } = view;
  const words = texts.sentence;
  const waiting = (count: number) => words.waiting(count, format.number(count));
  switch (state.kind) {
    case 'other_openspp':
      return words.otherOpenspp(waiting(state.waiting));
    case 'no_senders':
      return words.noSenders;
    case 'odoo_silent':
      return state.sinceMs === null
        ? words.odooNever(waiting(state.waiting))
        : words.odooSilent(format.duration(state.sinceMs), waiting(state.waiting));
    case 'odoo_refuses':
      return words.odooRefuses(waiting(state.waiting));
    case 'needs':
      return needsSentence(view, needs);
    case 'quiet':
      return words.quiet;
    case 'well':
      return words.well;
  }
}

/** So many reasons of a kind are named in the sentence. */
const NAMED: Readonly<Record<Need['kind'], number>> = { error: 2, dead: 1, held: 1, refused: 1, late: 1 };

/** What needs a person, each thing a link to what it is about; the list below the sentence has all of them. */
function needsSentence(view: View, needs: readonly Need[]): Html {
  const words = view.texts.needs;
  const named = needs.filter((need) => sameKind(needs, need).indexOf(need) < NAMED[need.kind]);
  const rest = needs.length - named.length;
  const links = named.map((need, at) => html`${at === 0 ? '' : ', '}${needLink(view, need)}`);
  return html`${words.lead} ${links}${rest > 0 ? html`, <a href="#needs">${words.more(rest, view.format.number(rest))}</a>` : ''}.`;
}

const sameKind = (needs: readonly Need[], { kind }: Need) => needs.filter((need) => need.kind === kind);

/** All that needs a person, where the sentence does not name everything. */
function needsList(view: View, needs: readonly Need[]): Html | string {
  if (needs.every((need) => sameKind(needs, need).length <= NAMED[need.kind])) return '';
  return html`<div class="quick" id="needs"><ul>${needs.map((need) => html`<li>${needLink(view, need)}</li>`)}</ul></div>`;
}

function needLink(view: View, need: Need): Html {
  const { texts, format } = view;
  const words = texts.needs;
  if (need.kind === 'refused')
    return html`<a href="/refusals">${words.refused(need.count, format.number(need.count))}</a>`;
  const address = `/events${addressQuery({ query: need.query, order: need.kind === 'late' ? 'oldest' : undefined })}`;
  if (need.kind === 'late')
    return html`<a href="${address}">${words.late(format.duration(need.waitsMs))}</a>`;
  const reason = need.reason === null ? words.noReason : reasonText(view, need.reason);
  return html`<a href="${address}">${words[need.kind](format.number(need.count), reason)}</a>`;
}

function noteList(view: View, overview: Overview, notes: OverviewNotes): Html | string {
  const { texts } = view;
  const { needs, odoo, state } = overview;
  const held = needs.flatMap(({ kind, ...need }) =>
    kind === 'held' && 'reason' in need && need.reason !== null ? [need.reason] : [],
  );
  const words = texts.notes;
  const lines = [
    ...(odoo.error === null ? [] : [words.odooCode(texts.attempts[odoo.error] ?? odoo.error)]),
    ...(state.kind !== 'needs' && needs.length > 0 ? [needsSentence(view, needs)] : []),
    ...held.map((reason) => texts.attempts[reason] ?? reason),
    ...keyNotes(view, overview),
    ...(notes.unsigned ? [words.unsigned] : []),
    ...(notes.receiver ? [words.receiver] : []),
  ];
  return lines.length === 0 ? '' : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** Screenings and the catch-up, as far as they are. */
function underWaySection({ texts, format }: View, underWay: readonly UnderWay[]): Html {
  const words = texts.overview;
  const line = ({ kind, path, done, total }: UnderWay) => {
    const name = kind === 'backfill' ? texts.backfill.title : texts.screenings.kinds[kind];
    const bar =
      total === null
        ? texts.screenings.counting(format.number(done))
        : html`${words.progress(format.number(done), format.number(total))} <progress max="${Math.max(1, total)}" value="${done}" aria-label="${name}"></progress>`;
    return html`<li><a href="${path}">${name}</a>: ${bar}</li>`;
  };
  return html`<section id="running" class="card" aria-labelledby="under-way" data-hold><h2 id="under-way">${words.underWay}</h2><ul class="plain">${underWay.map(line)}</ul></section>`;
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

function figures({ texts, format }: View, { now, tally, hour, odoo, latency, apiKeyEnd }: Overview): Html {
  const words = texts.overview;
  const oldest = tally.oldestUnsettledAt;
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
  return html`<section id="numbers" aria-labelledby="figures"><h2 id="figures" class="visually-hidden">${words.figures}</h2>
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
  return html`<section id="types" class="card" aria-labelledby="by-type" data-hold><h2 id="by-type">${words.byType}</h2>${table(
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
