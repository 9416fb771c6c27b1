import { html } from 'hono/html';
import type { KeptRefusal, RefusalCount } from '../../inbox/refusals.ts';
import { queryText, type RefusalQuery } from '../../operations/filter.ts';
import type { Html, View } from '../view.ts';
import { copyable, table, time } from './parts.ts';

export interface RefusalsPage {
  query: RefusalQuery;
  refusals: readonly KeptRefusal[];
  /** Whether there is a next page. */
  more: boolean;
  /** Of the last day. */
  counts: readonly RefusalCount[];
  nameOf(senderId: string): string;
}

/** What was refused, and what to say to whom. Nothing here quotes a message. */
export function refusalsPage(view: View, { query, refusals, more, counts, nameOf }: RefusalsPage): Html {
  const { texts, format } = view;
  const words = texts.refusals;
  const address = (asked: RefusalQuery) => {
    const text = queryText({ ...asked });
    return `/refusals${text === '' ? '' : `?${text}`}`;
  };
  const sender = (id: string | null) =>
    id === null
      ? words.unknown
      : html`<a href="${address({ sender: id })}">${nameOf(id)}</a>${nameOf(id) === id ? '' : html`<br><small>${id}</small>`}`;
  const last = refusals.at(-1)?.id;
  const isAll = Object.values(query).every((value) => value === undefined);
  return html`<h1>${words.title}</h1><p class="intro">${words.intro}</p>
${isAll ? summary(view, counts, address, sender) : html`<p><a href="/refusals">${words.all}</a></p>`}
<section aria-labelledby="each"><h2 id="each">${words.each}</h2>
${
  refusals.length === 0
    ? html`<p class="empty">${words.nothing}</p>`
    : table(
        words.caption,
        [words.at, words.sender, words.reason, words.say, words.field, words.connector, words.correlationId],
        refusals.map(
          (one) => html`<tr><td>${time(view, one.at)}</td><td>${sender(one.senderId)}</td>
<td><a href="${address({ ...query, reason: one.reason, before: undefined })}">${refusalText(view, one)}</a><br><code>${one.reason}</code>${one.status === null ? '' : html` <small>HTTP ${one.status}</small>`}</td>
<td class="say">${sayTo(view, one)}</td><td>${one.field === null ? texts.none : html`<code>${one.field}</code>`}</td>
<td>${one.connector}</td><td>${copyable(view, one.correlationId)}</td></tr>`,
        ),
      )
}
<div class="actions">${query.before === undefined ? '' : html`<a href="${address({ ...query, before: undefined })}">${texts.events.first}</a>`}
${more && last ? html`<a rel="next" href="${address({ ...query, before: last })}">${texts.events.next}</a>` : ''}</div></section>`;

  function summary(
    { now }: View,
    all: readonly RefusalCount[],
    link: typeof address,
    from: typeof sender,
  ): Html | string {
    if (all.length === 0) return '';
    return html`<section aria-labelledby="last-day"><h2 id="last-day">${words.lastDay}</h2>${table(
      words.lastDayCaption,
      [words.sender, words.reason, words.count, words.last],
      all.map(
        (one) => html`<tr><td>${from(one.senderId)}</td>
<td><a href="${link({ sender: one.senderId ?? undefined, reason: one.reason })}">${refusalText(view, one)}</a></td>
<td class="number">${format.number(one.count)}</td><td>${texts.ago(format.duration(Math.max(1000, now - one.lastAt)))}</td></tr>`,
      ),
    )}</section>`;
  }
}

/** Why it was refused, in words. */
function refusalText({ texts }: View, { reason, code }: Pick<KeptRefusal, 'reason' | 'code'>): string {
  return texts.reasons[reason] ?? texts.reasons[code] ?? reason;
}

/** What to say to the sender: by the reason, else by its kind, else by the code that the sender saw. */
function sayTo({ texts }: View, { reason, code }: KeptRefusal): string {
  const { advice } = texts.refusals;
  const [kind = ''] = reason.split('.');
  return advice[reason] ?? advice[kind] ?? advice[code] ?? texts.none;
}
