import { html } from 'hono/html';
import { INBOX_EVENT_TYPES } from '../../events/identity-event.ts';
import { EVENT_STATES, type EventSummary } from '../../inbox/inbox.ts';
import { type Asked, isNarrow, queryOf } from '../filter.ts';
import type { Html, View } from '../view.ts';
import { flash, formToken, pill, searchForm, table, time } from './parts.ts';

export interface EventsPage {
  asked: Asked;
  events: readonly EventSummary[];
  /** Whether older ones match as well. */
  more: boolean;
  /** Ids of those that may be chosen. */
  senders: readonly string[];
  done: string | null;
}

/** The list of events: no personal data. */
export function eventsPage(view: View, { asked, events, more, senders, done }: EventsPage): Html {
  const { texts } = view;
  const last = events.at(-1);
  return html`<h1>${texts.events.title}</h1>${flash(done)}
<section class="card">${searchForm(view)}</section>
<section class="card" aria-labelledby="filter"><h2 id="filter">${texts.events.filter}</h2>${filterForm(view, asked, senders)}</section>
<section aria-label="${texts.events.caption}">
${eventTable(view, events)}
<div class="actions">
${asked.before === undefined ? '' : html`<a href="/events${queryOf({ ...asked, before: undefined })}">${texts.events.newest}</a>`}
${more && last ? html`<a rel="next" href="/events${queryOf({ ...asked, before: last.id })}">${texts.events.older}</a>` : ''}
${isNarrow(asked) && events.length > 0 ? html`<a class="button" href="/events/retry${queryOf({ ...asked, before: undefined })}">${texts.events.retryAll}</a>` : ''}
</div></section>`;
}

/** What a search found. What was searched for is not told again. */
export function foundPage(view: View, events: readonly EventSummary[], most: boolean): Html {
  const { texts, format } = view;
  const shown = format.number(events.length);
  return html`<h1>${texts.search.title}</h1>
<p role="status">${texts.search.found(events.length, shown)}${most ? html` ${texts.search.more(shown)}` : ''}</p>
${events.length > 0 ? eventTable(view, events) : ''}
<section class="card">${searchForm(view)}</section>`;
}

/** @param count of those that match; `most` where there are more */
export function retryAllPage(view: View, asked: Asked, count: number, most: boolean): Html {
  const { confirm } = view.texts;
  const fields = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined || name === 'before'
      ? []
      : [html`<input type="hidden" name="${name}" value="${String(value)}">`],
  );
  return html`<section class="card narrow"><h1>${confirm.retryAll}</h1>
<p>${confirm.retryAllText(count, view.format.number(count), most)}</p>
<div class="actions"><form method="post" action="/events/retry">${formToken(view)}${fields}<button class="primary">${confirm.retryAllButton}</button></form>
<a href="/events${queryOf({ ...asked, before: undefined })}">${confirm.cancel}</a></div></section>`;
}

function filterForm({ texts }: View, asked: Asked, senders: readonly string[]): Html {
  const words = texts.events;
  const options = (chosen: string | undefined, all: readonly (readonly [string, string])[]) =>
    html`<option value="">${words.any}</option>${all.map(
      ([value, label]) =>
        html`<option value="${value}"${value === chosen ? html` selected` : ''}>${label}</option>`,
    )}`;
  const known =
    asked.sender === undefined || senders.includes(asked.sender) ? senders : [...senders, asked.sender];
  return html`<form class="filter" method="get" action="/events">
<label>${words.type}<select name="type">${options(
    asked.type,
    INBOX_EVENT_TYPES.map((type) => [type, texts.types[type]] as const),
  )}</select></label>
<label>${words.state}<select name="state">${options(
    asked.state,
    EVENT_STATES.map((state) => [state, texts.states[state]] as const),
  )}</select></label>
<label>${words.outcome}<select name="outcome">${options(asked.outcome, Object.entries(texts.outcomes))}</select></label>
<label>${words.sender}<select name="sender">${options(
    asked.sender,
    known.map((id) => [id, id] as const),
  )}</select></label>
<label>${texts.events.reason}<select name="reason">${options(asked.reason, reasonsFor(texts.why, asked.reason))}</select></label>
<label>${words.from}<input type="date" name="from" value="${asked.from ?? ''}"></label>
<label>${words.to}<input type="date" name="to" value="${asked.to ?? ''}"></label>
<div class="actions"><button class="primary">${words.apply}</button><a href="/events">${words.clear}</a></div></form>`;
}

/** The reasons by their texts; one that has none is there only while it is asked for. */
function reasonsFor(
  why: Readonly<Record<string, string>>,
  asked: string | undefined,
): (readonly [string, string])[] {
  const known = Object.entries(why).sort(([, a], [, b]) => a.localeCompare(b));
  return asked === undefined || asked in why ? known : [...known, [asked, asked]];
}

function eventTable(view: View, events: readonly EventSummary[]): Html {
  const { texts, format } = view;
  const words = texts.events;
  if (events.length === 0) return html`<p class="empty">${words.nothing}</p>`;
  return table(
    words.caption,
    [
      words.id,
      words.type,
      words.date,
      words.state,
      texts.events.reason,
      words.received,
      words.settled,
      words.sender,
      words.attempts,
    ],
    events.map(
      (event) => html`<tr>
<th scope="row" class="number"><a href="/events/${event.id}">${String(event.id)}</a></th>
<td>${texts.types[event.type]}</td>
<td class="day">${event.date === null ? texts.none : format.day(event.date)}</td>
<td>${pill(view, event.state, event.outcome)}</td>
<td>${event.reason === null ? '' : (texts.why[event.reason] ?? texts.attempts[event.reason] ?? event.reason)}</td>
<td>${time(view, event.receivedAt)}</td>
<td>${time(view, event.settledAt, texts.none)}</td>
<td>${event.senderId}</td>
<td class="number">${format.number(event.attempts)}</td></tr>`,
    ),
  );
}
