import { html } from 'hono/html';
import { INBOX_EVENT_TYPES } from '../../events/identity-event.ts';
import type { EventAction } from '../../inbox/event-actions.ts';
import type { SortColumn } from '../../inbox/event-records.ts';
import type { EventSummary } from '../../inbox/inbox.ts';
import type { Selection } from '../../operations/events.ts';
import { type EventQuery, isNarrow, STATES } from '../../operations/filter.ts';
import { addressQuery, type Done, LIST_SORTS, type Listing, type ListSort, sortOf } from '../listing.ts';
import type { Html, View } from '../view.ts';
import { doneFlash, formToken, pill, reasonText, searchForm, shortTime } from './parts.ts';

/** The rows of a list, and what is known about it. */
export interface EventList {
  listing: Listing;
  events: readonly EventSummary[];
  /** How many match; at least so many where `isCountWhole` is false. */
  count: number;
  isCountWhole: boolean;
  /** Events that match and came since the page was made. */
  newer: number;
}

export interface EventsPage extends EventList {
  /** Whether there is a next page. */
  more: boolean;
  /** Ids of those that may be chosen. */
  senders: readonly string[];
  quick: readonly QuickFilter[];
  done: Done | null;
}

/** A filter with the number of events that it leads to. */
export interface QuickFilter {
  query: EventQuery;
  count: number;
}

/** The list of events: no personal data. */
export function eventsPage(view: View, page: EventsPage): Html {
  const { texts } = view;
  const { listing, events, more, senders, quick, done } = page;
  const words = texts.events;
  const { before, after, ...first } = listing;
  const isFirst = before === undefined && after === undefined;
  const last = events.at(-1)?.id;
  const next = { ...first, ...(first.order || first.sort ? { after: last } : { before: last }) };
  return html`<h1>${words.title}</h1>${doneFlash(view, done)}
${quickFilters(view, first, quick)}
<div class="beside"><section aria-label="${words.caption}">
${eventsLive(view, page)}
<div class="actions">
${isFirst ? '' : html`<a href="/events${addressQuery(first)}">${words.first}</a>`}
${more ? html`<a rel="next" href="/events${addressQuery(next)}">${words.next}</a>` : ''}
${events.length > 0 ? html`<a class="button" href="/events.csv${addressQuery(first)}">${words.csv}</a>` : ''}
</div>${view.keys ? html`<p class="hint keys" hidden>${words.keys}</p>` : ''}</section>
<aside aria-label="${words.filter}"><section class="card">${searchForm(view)}</section>
<section class="card" aria-labelledby="filter"><h2 id="filter">${words.filter}</h2>${filterForm(view, listing, senders)}</section></aside></div>`;
}

/**
 * What is brought up to date by itself: the same rows in the same places, and a line that says what is new, so that
 * nothing moves under the eyes.
 */
export function eventsLive(view: View, list: EventList): Html {
  const { texts, format } = view;
  const words = texts.events;
  const { listing, events, count, isCountWhole, newer } = list;
  const { query, order, sort } = listing;
  const isLive = listing.before === undefined && order === undefined && sort === undefined;
  const newest = String(events[0]?.id ?? 0);
  const ids = events.map(({ id }) => id).join(',');
  const address = `/events/live${addressQuery(listing, { shown: ids, newest })}`;
  const counted = words.count(count, format.number(count), isCountWhole);
  return html`<div id="live"${isLive ? html` data-live="${address}" data-every="5000"` : ''}>
<p class="count"><span role="status">${counted}</span> ${newer === 0 ? '' : html`<a href="/events${addressQuery({ query })}">${words.newer(newer, format.number(newer))}</a>`}</p>
${events.length === 0 ? html`<p class="empty">${words.nothing}</p>` : listForm(view, list)}</div>`;
}

function listForm(view: View, { listing, events }: EventList): Html {
  const words = view.texts.events;
  const button = (value: string, label: string) =>
    html`<button name="action" value="${value}">${label}</button>`;
  return html`<form method="post" action="/events/act">${formToken(view)}${hiddenFields(listing)}
<div class="actions bulk">${button('retry', words.retry)}${button('set_aside', words.setAside)}
${isNarrow(listing.query) ? html`${button('retry_all', words.retryAll)}${button('set_aside_all', words.setAsideAll)}` : ''}</div>
${eventTable(view, events, listing)}</form>`;
}

/** What a search found; what was searched for is not repeated. */
export function foundPage(view: View, events: readonly EventSummary[], most: boolean): Html {
  const { texts, format } = view;
  const shown = format.number(events.length);
  return html`<h1>${texts.search.title}</h1>
<p role="status">${texts.search.found(events.length, shown)}${most ? html` ${texts.search.more(shown)}` : ''}</p>
${events.length > 0 ? eventTable(view, events, null) : ''}
<section class="card">${searchForm(view)}</section>`;
}

export interface ActPage {
  action: EventAction;
  listing: Listing;
  selection: Selection;
  count: number;
  isCountWhole: boolean;
}

/** The question before many events are changed. */
export function actPage(view: View, { action, listing, selection, count, isCountWhole }: ActPage): Html {
  const { confirm, events } = view.texts;
  const isAll = 'query' in selection;
  const ids = isAll ? '' : html`<input type="hidden" name="id" value="${selection.ids.join(',')}">`;
  const number = view.format.number(count);
  return html`<section class="card narrow"><h1>${confirm.titles[action]}</h1>
<p>${isAll ? events.count(count, number, isCountWhole) : confirm.chosen(count, number)} ${confirm.explained[action]}</p>
<div class="actions"><form method="post" action="/events/act">${formToken(view)}${hiddenFields(listing)}${ids}<input type="hidden" name="sure" value="yes">
<button class="${action === 'retry' ? 'primary' : 'danger'}" name="action" value="${action}${isAll ? '_all' : ''}">${confirm.buttons[action]}</button></form>
<a href="/events${addressQuery(listing)}">${confirm.cancel}</a></div></section>`;
}

function hiddenFields({ query, ...page }: Listing): Html[] {
  return Object.entries({ ...query, ...page }).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${String(value)}">`],
  );
}

/** The states and the reasons that events have now, each a click. */
function quickFilters(view: View, { query, ...order }: Listing, quick: readonly QuickFilter[]): Html {
  const { texts, format } = view;
  const isAll = !isNarrow(query);
  const links = quick.map((one) => {
    const isCurrent = addressQuery({ query: one.query }) === addressQuery({ query });
    const label =
      one.query.reason === undefined
        ? texts.filterStates[one.query.state ?? 'settled']
        : reasonText(view, one.query.reason);
    return html`<li><a href="/events${addressQuery({ query: one.query, ...order })}"${isCurrent ? html` aria-current="true"` : ''}>${label} <span class="number">${format.number(one.count)}</span></a></li>`;
  });
  return html`<nav class="quick" aria-label="${texts.events.quick}"><ul><li><a href="/events${addressQuery({ query: {}, ...order })}"${isAll ? html` aria-current="true"` : ''}>${texts.events.all}</a></li>${links}</ul></nav>`;
}

function filterForm(view: View, { query, order, sort }: Listing, senders: readonly string[]): Html {
  const { texts } = view;
  const words = texts.events;
  const options = (chosen: string | undefined, all: readonly (readonly [string, string])[]) =>
    html`<option value="">${words.any}</option>${all.map(
      ([value, label]) =>
        html`<option value="${value}"${value === chosen ? html` selected` : ''}>${label}</option>`,
    )}`;
  const known =
    query.sender === undefined || senders.includes(query.sender) ? senders : [...senders, query.sender];
  return html`<form class="filter" method="get" action="/events">
<label>${words.state}<select name="state">${options(
    query.state,
    STATES.map((state) => [state, texts.filterStates[state]] as const),
  )}</select></label>
<label>${words.reason}<select name="reason">${options(query.reason, reasonsFor(view, query.reason))}</select></label>
<label>${words.sender}<select name="sender">${options(
    query.sender,
    known.map((id) => [id, id] as const),
  )}</select></label>
<label>${words.type}<select name="type">${options(
    query.type,
    INBOX_EVENT_TYPES.map((type) => [type, texts.types[type]] as const),
  )}</select></label>
<label>${words.from}<input type="date" name="from" value="${query.from ?? ''}"></label>
<label>${words.to}<input type="date" name="to" value="${query.to ?? ''}"></label>
<label>${words.order}<select name="sort"><option value="">${words.newest}</option>${[
    ['oldest', words.oldest] as const,
    ...LIST_SORTS.map((one) => [one, sortLabel(view, one)] as const),
  ].map(
    ([value, label]) =>
      html`<option value="${value}"${value === (sort ?? order) ? html` selected` : ''}>${label}</option>`,
  )}</select></label>
<div class="actions"><button class="primary">${words.apply}</button><a href="/events">${words.clear}</a></div></form>`;
}

function sortLabel({ texts: { events: words } }: View, sort: ListSort): string {
  const { by, descending } = sortOf(sort, 0);
  return (descending ? words.down : words.up)(words[by]);
}

/** The reasons by their texts; one that has none is there only while it is asked for. */
function reasonsFor({ texts: { why } }: View, asked: string | undefined): (readonly [string, string])[] {
  const known = Object.entries(why).sort(([, a], [, b]) => a.localeCompare(b));
  return asked === undefined || asked in why ? known : [...known, [asked, asked]];
}

/** @param listing the list that the rows are in, where they can be chosen; null where they cannot */
function eventTable(view: View, events: readonly EventSummary[], listing: Listing | null): Html {
  const { texts } = view;
  const words = texts.events;
  const choose = html`<th scope="col"><input type="checkbox" class="choose-all" aria-label="${words.chooseAll}" hidden></th>`;
  const sortable = (by: SortColumn | 'received', label: string) =>
    listing === null ? plain(label) : sortableHead(view, listing, by, label);
  return html`<div class="scroll" role="region" aria-label="${words.caption}" tabindex="0"><table class="events">
<caption class="visually-hidden">${words.caption}</caption>
<thead><tr>${listing === null ? '' : choose}${plain(words.id)}${(
    ['type', 'date', 'state', 'reason', 'received', 'took', 'sender', 'attempts'] as const
  ).map((by) => sortable(by, words[by]))}</tr></thead>
<tbody>${events.map((event) => eventRow(view, event, listing))}</tbody></table></div>`;
}

const plain = (label: string) => html`<th scope="col">${label}</th>`;

/** A heading that sorts by its column; once more, the other way round. What is long or often comes first. */
function sortableHead(
  view: View,
  { query, order, sort }: Listing,
  by: SortColumn | 'received',
  label: string,
): Html {
  const isCurrent = by === 'received' ? sort === undefined : sort?.endsWith(by);
  const isDown = by === 'received' ? order === undefined : sort === `-${by}`;
  const downFirst = by === 'received' || by === 'took' || by === 'attempts';
  const goesDown = isCurrent ? !isDown : downFirst;
  const address =
    by === 'received'
      ? { query, order: goesDown ? undefined : ('oldest' as const) }
      : { query, sort: goesDown ? (`-${by}` as const) : by };
  const link = html`<a href="/events${addressQuery(address)}" title="${view.texts.events.sort}">${label}${isCurrent ? html` <span aria-hidden="true">${isDown ? '↓' : '↑'}</span>` : ''}</a>`;
  return html`<th scope="col"${isCurrent ? html` aria-sort="${isDown ? 'descending' : 'ascending'}"` : ''}>${link}</th>`;
}

function eventRow(view: View, event: EventSummary, listing: Listing | null): Html {
  const { texts, format } = view;
  const { id, reason, senderId } = event;
  const { query = {}, before, after, ...order } = listing ?? {};
  const narrowed = (more: EventQuery) => `/events${addressQuery({ query: { ...query, ...more }, ...order })}`;
  const box = html`<td><input type="checkbox" name="id" value="${id}" aria-label="${texts.events.choose(id)}"></td>`;
  return html`<tr>${listing === null ? '' : box}
<th scope="row" class="number"><a href="/events/${id}${addressQuery({ query, before, after, ...order })}">${String(id)}</a></th>
<td>${texts.types[event.type]}</td>
<td class="day">${event.date === null ? texts.none : format.day(event.date)}</td>
<td>${pill(view, event.state, event.outcome)}</td>
<td class="reason">${reason === null ? '' : html`<a href="${narrowed({ reason })}">${reasonText(view, reason)}</a>`}</td>
<td>${shortTime(view, event.receivedAt)}</td>
<td class="number">${tookOf(view, event)}</td>
<td><a href="${narrowed({ sender: senderId })}">${senderId}</a></td>
<td class="number">${format.number(event.attempts)}</td></tr>`;
}

/** How long it took until it was settled, or how long it has waited. */
function tookOf({ texts, format, now }: View, { state, receivedAt, settledAt }: EventSummary): string {
  if (settledAt !== null) return format.span(settledAt - receivedAt);
  return state === 'dead' ? texts.none : texts.events.since(format.span(Math.max(0, now - receivedAt)));
}
