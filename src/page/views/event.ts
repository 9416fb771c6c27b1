import { html } from 'hono/html';
import type { KeptAuditEntry } from '../../inbox/audit.ts';
import { REVOKED, WITHDRAWN, whyNot } from '../../inbox/event-actions.ts';
import type { Attempt, EventDetails } from '../../inbox/inbox.ts';
import { readTrust } from '../../inbox/trust.ts';
import { hasForm, isSafeToShow } from '../event-facts.ts';
import { helpFor } from '../event-help.ts';
import { addressQuery, type Done, type Listing } from '../listing.ts';
import type { Html, View } from '../view.ts';
import { buttonForm, copyable, doneFlash, formToken, pill, reasonText, time } from './parts.ts';

/** A change request in OpenSPP that was filed for an event. */
interface ListedRequest {
  /** Its reference for people, such as `CR/2026/00001`. */
  name: string;
  standing: string;
  /** Its address; null where no Odoo can be opened. */
  link: string | null;
}

export interface EventPage {
  event: EventDetails;
  /** The list that it was opened from. */
  listing: Listing;
  /** Its neighbours there; null where there are none. */
  previous: number | null;
  next: number | null;
  senderName: string;
  /** Whether it was read from a row in OpenSPP, rather than sent. */
  adopted: boolean;
  /** The address of its row in OpenSPP; null where there is none, or no Odoo that a browser can open. */
  link: string | null;
  /** Null where they cannot be read; empty where there are none. */
  requests: readonly ListedRequest[] | null;
  /** What was done with it, and who asked for its personal data; newest first. */
  trail: readonly KeptAuditEntry[];
  /** What the viewer asked for, and a trace was left of. */
  shown: 'nothing' | 'person' | 'message';
  done: Done | null;
}

/** One event. Personal data only where it was asked for. */
export function eventPage(view: View, page: EventPage): Html {
  const { texts, format } = view;
  const { event, listing, previous, next } = page;
  const words = texts.event;
  const date = event.date === null ? words.noDate : format.day(event.date);
  const query = addressQuery(listing);
  const step = (id: number | null, rel: string, label: string) =>
    id === null ? '' : html` <a rel="${rel}" href="/events/${id}${query}">${label}</a>`;
  return html`<p class="crumb"><a href="/events${query}" class="up">${texts.nav.events}</a>${step(previous, 'prev', words.previous)}${step(next, 'next', words.next)}</p>
<h1>${words.title(texts.types[event.type], date)} <small>${words.number(event.id)}</small></h1>${doneFlash(view, page.done)}
<div class="columns"><div>
${eventLive(view, page)}
${actions(view, page)}
</div><div>
${details(view, page)}
${personal(view, page)}
</div></div>`;
}

/** What helps comes first, as the primary button; where nothing helps there is no primary button. */
function actions(view: View, { event, listing, link }: EventPage): Html {
  const words = view.texts.event;
  const query = addressQuery(listing);
  const help = helpFor(event, link !== null);
  const kind = (what: typeof help) => (help === what ? 'primary' : '');
  const advice = event.reason === null ? undefined : view.texts.advice[event.reason];
  const whyNoRetry = whyNot('retry', event);
  const mayRetry = whyNoRetry === null;
  const buttons = [
    ...(mayRetry ? [buttonForm(view, `/events/${event.id}/retry${query}`, words.retry, kind('retry'))] : []),
    ...(link === null
      ? []
      : [
          html`<a class="button ${kind('openspp')}" href="${link}" target="_blank" rel="noopener noreferrer">${words.open(event.odooEventId ?? 0)}</a>`,
        ]),
  ];
  return html`<section class="card" aria-labelledby="actions"><h2 id="actions">${words.actions}</h2>
${advice === undefined ? '' : html`<p>${advice}</p>`}
<div class="actions">${help === 'openspp' ? buttons.toReversed() : buttons}
${whyNot('set_aside', event) === null ? html`<a class="button" href="/events/${event.id}/set-aside${query}">${words.setAside}</a>` : ''}</div>
<p class="hint">${mayRetry ? words.retryHint : words.nothingHelps[whyNot('retry', event) === 'taken_back' ? 'taken_back' : event.state]}</p>
</section>`;
}

/** What changes while the event is on its way; no personal data. */
export function eventLive(view: View, page: EventPage): Html {
  const { texts } = view;
  const { event } = page;
  const live = event.state === 'waiting' || event.state === 'delivering' || event.state === 'deferred';
  return html`<section id="live" class="card" aria-labelledby="timeline"${live ? html` data-live="/events/${event.id}/live" data-every="1500"` : ''}>
<h2 id="timeline">${texts.event.timeline}</h2>
<p class="now" role="status" aria-live="polite">${pill(view, event.state, event.outcome)}${event.reason === null ? '' : html` ${reasonText(view, event.reason)}`}</p>
${timeline(view, page)}</section>`;
}

function timeline(view: View, { event, senderName, adopted, trail }: EventPage): Html {
  const { texts, format } = view;
  const words = texts.event;
  // What operators did is among the attempts, in the order of time.
  const happened = [
    ...event.history.map((attempt, at) => ({
      at: attempt.startedAt,
      shown: attemptStep(view, attempt, at + 1),
    })),
    ...trail
      .filter(({ action }) => !action.startsWith('show'))
      .map(({ at, actor, action }) => ({
        at,
        shown: step(
          html`${words.doneBy(texts.audit.actions[action] ?? action, actor)}`,
          time(view, at),
          null,
        ),
      })),
  ].sort((a, b) => a.at - b.at);
  const steps = [
    step(
      html`${adopted ? words.adoptedStep : words.receivedStep}`,
      time(view, event.receivedAt),
      adopted ? null : words.receivedFrom(senderName),
    ),
    ...(adopted ? [] : [trustStep(view, event)]),
    step(html`${words.committedStep}`, null, null),
    ...happened.map(({ shown }) => shown),
  ];
  if (event.state === 'waiting') steps.push(step(html`${words.waitingStep}`, null, null, 'open'));
  if (event.state === 'deferred' && event.dueAt !== null)
    steps.push(step(html`${words.deferredStep(format.time(event.dueAt))}`, null, null, 'open'));
  if (event.state === 'dead') {
    const taken = event.reason === REVOKED;
    steps.push(step(html`${taken ? words.takenBackStep : words.deadStep}`, null, null, 'error'));
  }
  if (event.outcome !== null)
    steps.push(
      step(
        html`${event.reason === WITHDRAWN ? words.takenBackStep : words.settledStep(texts.outcomes[event.outcome])}`,
        event.settledAt === null ? null : time(view, event.settledAt),
        null,
        event.outcome,
      ),
    );
  return html`<ol class="timeline">${steps}</ol>`;
}

/** How the message was trusted. */
function trustStep({ texts }: View, { kid, body }: EventDetails): Html {
  const words = texts.event;
  const { method, keyId } = readTrust(kid);
  if (method === 'unsigned') return step(html`${words.unsignedStep}`, null, null);
  if (method !== 'signature') return step(html`${words.verifiedStep}`, null, words.verifiedWith[method]);
  const form = { http: words.formHttp, jws: words.formJws, unknown: words.formUnknown }[hasForm(body)];
  return step(html`${words.verifiedStep}`, null, words.verifiedBy(form, keyId ?? ''));
}

function attemptStep(view: View, attempt: Attempt, position: number): Html {
  const { texts, format } = view;
  const words = texts.event;
  const { startedAt, endedAt, outcome } = attempt;
  const took = endedAt === null ? words.underWay : words.took(format.short(Math.max(0, endedAt - startedAt)));
  const why = outcome === null ? null : (texts.attempts[outcome] ?? outcome);
  const kind = outcome === null ? 'open' : outcome === 'processed' ? 'processed' : 'error';
  return html`<li class="${kind}"><p class="what">${words.attemptStep(format.number(position))} ${time(view, startedAt)}</p>
<p class="why">${took}${why === null ? '' : html`. ${why}`}</p>${callsOf(view, attempt)}</li>`;
}

/** The calls of an attempt, folded away: what each was, how it ended, how long it took. */
function callsOf({ texts, format }: View, { calls }: Attempt): Html | string {
  if (calls.length === 0) return '';
  const words = texts.event;
  const rows = calls.map(
    ({ model, method, outcome, ms }) =>
      html`<tr><td>${model}.${method}</td><td>${outcome === 'ok' ? words.callOk : outcome}</td><td class="number">${format.short(ms)}</td></tr>`,
  );
  return html`<details><summary>${words.calls(format.number(calls.length))}</summary><table><caption class="visually-hidden">${words.callsCaption}</caption><thead><tr><th scope="col">${words.call}</th><th scope="col">${words.callOutcome}</th><th scope="col" class="number">${words.callTook}</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}

function step(what: Html, when: Html | null, why: string | null, kind = ''): Html {
  return html`<li class="${kind}"><p class="what">${what}${when === null ? '' : html` ${when}`}</p>${why === null ? '' : html`<p class="why">${why}</p>`}</li>`;
}

function personal(view: View, { event, listing, shown, trail }: EventPage): Html {
  const { texts } = view;
  const words = texts.event;
  const open = shown !== 'nothing';
  const query = addressQuery(listing);
  const asked = trail.filter(({ action }) => action.startsWith('show')).slice(0, 10);
  const secret = (value: string) =>
    open ? value : html`<span class="masked" aria-label="${words.hidden}">••••••••</span>`;
  const rows = event.identifiers.map(
    ({ type, value }) => html`<tr><td>${type}</td><td>${secret(value)}</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="personal"><h2 id="personal">${words.personal}</h2>
<p class="hint">${open ? words.personalShown : words.personalHint}</p>
${
  rows.length === 0
    ? html`<p>${words.noIdentifiers}</p>`
    : html`<table><caption class="visually-hidden">${words.identifiers}</caption><thead><tr><th scope="col">${words.identifier}</th><th scope="col">${words.value}</th></tr></thead><tbody>${rows}</tbody></table>`
}
<dl class="facts">${event.errorMessage === null ? '' : html`<div><dt>${words.errorMessage}</dt><dd>${secret(event.errorMessage)}</dd></div>`}
${event.notes === null ? '' : html`<div><dt>${words.notes}</dt><dd>${secret(event.notes)}</dd></div>`}</dl>
<div class="actions">${open ? '' : buttonForm(view, `/events/${event.id}/show${query}`, words.show)}${shown === 'message' ? '' : buttonForm(view, `/events/${event.id}/message${query}`, words.showMessage)}</div>
${shown === 'message' ? html`<h3>${words.message}</h3><pre tabindex="0" aria-label="${words.message}">${event.body}</pre>` : ''}
${
  asked.length === 0
    ? ''
    : html`<h3>${words.asked}</h3><ul class="trail">${asked.map(
        ({ at, actor, action }) =>
          html`<li>${time(view, at)} – ${actor} ${texts.audit.actions[action] ?? action}</li>`,
      )}</ul>`
}</section>`;
}

function details(view: View, { event, senderName, shown, requests }: EventPage): Html {
  const { texts } = view;
  const words = texts.event;
  const messageId =
    shown !== 'nothing' || isSafeToShow(event.messageId, event.identifiers)
      ? copyable(view, event.messageId)
      : html`<span class="masked" aria-label="${words.hidden}">••••••••</span>`;
  const facts: [string, string | Html][] = [
    [words.here, copyable(view, String(event.id))],
    [words.openspp, event.odooEventId === null ? words.noRow : copyable(view, String(event.odooEventId))],
    [words.sender, senderName === event.senderId ? senderName : `${senderName} (${event.senderId})`],
    ...(requests !== null && requests.length === 0
      ? []
      : [[words.requests, requestsOf(view, requests)] as [string, Html]]),
    [words.reference, copyable(view, event.reference)],
    [words.correlationId, copyable(view, event.correlationId)],
    [words.messageId, messageId],
    [words.dialect, event.dialect ?? texts.none],
    [words.action, event.action],
  ];
  return html`<section class="card" aria-labelledby="details"><h2 id="details">${words.details}</h2>
<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

function requestsOf({ texts }: View, requests: readonly ListedRequest[] | null): Html {
  const words = texts.event;
  if (requests === null) return html`${words.requestsUnread}`;
  return html`${requests.map(
    ({ name, standing, link }) =>
      html`<span class="request">${link === null ? name : html`<a href="${link}" target="_blank" rel="noopener noreferrer">${name}</a>`}: ${words.standings[standing] ?? standing}</span> `,
  )}`;
}

export function setAsidePage(view: View, id: number, query: string): Html {
  const { confirm } = view.texts;
  return html`<section class="card narrow"><h1>${confirm.setAside(id)}</h1><p>${confirm.setAsideText}</p>
<div class="actions"><form method="post" action="/events/${id}/set-aside${query}">${formToken(view)}<button class="danger">${confirm.setAsideButton}</button></form>
<a href="/events/${id}${query}">${confirm.cancel}</a></div></section>`;
}
