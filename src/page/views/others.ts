import { html } from 'hono/html';
import type { KeptAuditEntry } from '../../inbox/audit.ts';
import type { ListedSource } from '../../registries/sources.ts';
import type { ListedSender } from '../../senders/sender-directory.ts';
import type { Html, View } from '../view.ts';
import { table, time } from './parts.ts';

/** Senders, with their keys. */
export function sendersPage(
  view: View,
  senders: readonly ListedSender[] | null,
  last: ReadonlyMap<string, number>,
): Html {
  const { texts, format, now } = view;
  const words = texts.senders;
  const ago = (ms: number) => texts.ago(format.duration(Math.max(1000, now - ms)));
  const rows = (senders ?? []).map(({ sender, fetchedAt }) => {
    const lastAt = last.get(sender.senderId);
    const age = fetchedAt === null ? (sender.keys.length > 0 ? words.entered : texts.none) : ago(fetchedAt);
    return html`<tr><th scope="row">${sender.name}</th><td><a href="/events?sender=${encodeURIComponent(sender.senderId)}">${sender.senderId}</a></td>
<td class="number">${format.number(sender.keys.length)}</td><td>${age}</td>
<td>${lastAt === undefined ? words.never : ago(lastAt)}</td>
<td>${sender.problem === null ? texts.none : html`<span class="pill error">${sender.problem}</span>`}</td></tr>`;
  });
  return html`<h1>${words.title}</h1><p class="intro">${words.intro}</p>
${
  rows.length > 0
    ? table(words.caption, [words.name, words.id, words.keys, words.age, words.last, words.problem], rows)
    : html`<p class="empty">${senders === null ? words.unread : words.nothing}</p>`
}
<p><a href="/refusals">${texts.refusals.title}</a></p>`;
}

/** A subscription to the events of a registry. Times in milliseconds since the epoch. */
export interface ListedSubscription {
  /** The code of the source. */
  source: string;
  eventType: string | null;
  /** What the registry calls it; null before it said. */
  code: string | null;
  state: string;
  since: number | null;
  expires: number | null;
}

/**
 * @param sources null where they cannot be read
 * @param subscriptions null where none are kept
 */
export function sourcesPage(
  view: View,
  sources: readonly ListedSource[] | null,
  subscriptions: readonly ListedSubscription[] | null,
): Html {
  const { texts } = view;
  const words = texts.sources;
  return html`<h1>${words.title}</h1><p class="intro">${words.intro} <a href="/backfill">${texts.backfill.title}</a></p>
${
  sources === null || sources.length === 0
    ? html`<p class="empty">${sources === null ? words.unreadable : words.nothing}</p>`
    : table(
        words.caption,
        [words.code, words.type, words.dialect, words.auth, words.origin, words.address, words.state],
        sources.map(
          (
            one,
          ) => html`<tr><th scope="row">${one.code}<br><small>${one.name}</small></th><td>${one.registryType ?? texts.none}</td>
<td>${one.dialect}</td><td>${one.authType ?? texts.none}</td><td>${words.origins[one.origin] ?? one.origin}</td><td>${one.baseUrl ?? texts.none}</td>
<td>${one.problem === null ? html`<span class="pill processed">${words.ready}</span>` : one.problem}</td></tr>`,
        ),
      )
}
<section aria-labelledby="subscriptions"><h2 id="subscriptions">${words.subscriptions}</h2>
${
  subscriptions === null || subscriptions.length === 0
    ? html`<p class="empty">${subscriptions === null ? words.noneKept : words.noSubscriptions}</p>`
    : table(
        words.subscriptionsCaption,
        [words.source, words.eventTypes, words.code, words.state, words.since, words.expires],
        subscriptions.map(
          (
            one,
          ) => html`<tr><th scope="row">${one.source}</th><td>${one.eventType ?? texts.none}</td><td>${one.code ?? texts.none}</td>
<td>${one.state}</td><td>${time(view, one.since, texts.none)}</td><td>${time(view, one.expires, texts.none)}</td></tr>`,
        ),
      )
}</section>`;
}

/** A count that leads to the events which were changed. */
function countLink(id: number, action: string, shown: string): Html {
  return action === 'retry' || action === 'set_aside'
    ? html`<a href="/events?audit=${id}">${shown}</a>`
    : html`${shown}`;
}

/** Who did what. */
export function auditPage(
  view: View,
  entries: readonly KeptAuditEntry[],
  before: number | null,
  more: boolean,
): Html {
  const { texts, format } = view;
  const words = texts.audit;
  const last = entries.at(-1);
  return html`<h1>${words.title}</h1><p class="intro">${words.intro}</p>
${
  entries.length === 0
    ? html`<p class="empty">${words.nothing}</p>`
    : table(
        words.caption,
        [words.at, words.actor, words.address, words.action, words.event, words.count, words.filter],
        entries.map(
          ({
            id,
            at,
            actor,
            address,
            action,
            eventId,
            count,
            filter,
          }) => html`<tr><td>${time(view, at)}</td><td>${actor}</td><td>${address ?? texts.none}</td>
<td>${words.actions[action] ?? action}</td><td class="number">${eventId === null ? texts.none : html`<a href="/events/${eventId}">${String(eventId)}</a>`}</td>
<td class="number">${count === null ? texts.none : countLink(id, action, format.number(count))}</td>
<td>${filter === null ? texts.none : html`<code>${filter}</code>`}</td></tr>`,
        ),
      )
}
<div class="actions">${before === null ? '' : html`<a href="/audit">${words.newest}</a>`}
${more && last ? html`<a rel="next" href="/audit?before=${last.id}">${words.older}</a>` : ''}</div>`;
}

/** @param next where to go after; @param problem why the last try did not work */
export function signInPage({ texts }: View, next: string, problem: string | null, said: string | null): Html {
  const words = texts.signIn;
  return html`<section class="card narrow sign-in"><h1>${words.title}</h1>
${said === null ? '' : html`<p class="flash" role="status">${said}</p>`}
<p>${words.intro}</p>
<form method="post" action="/sign-in"><input type="hidden" name="next" value="${next}">
<label for="token">${words.token}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required${problem === null ? '' : html` aria-invalid="true" aria-describedby="problem"`}>
${problem === null ? '' : html`<p class="problem" id="problem" role="alert">${problem}</p>`}
<button class="primary">${words.button}</button></form></section>`;
}

/** There is no token: how to set one. */
export function setUpPage({ texts }: View): Html {
  const words = texts.setUp;
  return html`<section class="card narrow"><h1>${words.title}</h1><p>${words.intro}</p><p>${words.how}</p>
<pre tabindex="0">ADMIN_TOKEN=$(openssl rand -hex 32)</pre><p class="hint">${words.file}</p></section>`;
}

export function errorPage({ texts }: View, message: string): Html {
  return html`<section class="card narrow"><h1>${texts.errors.title}</h1><p role="alert">${message}</p><p><a href="/">${texts.errors.back}</a></p></section>`;
}
