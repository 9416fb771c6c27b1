import { html } from 'hono/html';
import type { KeptAuditEntry } from '../../inbox/audit.ts';
import type { Attempt, EventDetails } from '../../inbox/inbox.ts';
import { WITHDRAWN } from '../../inbox/settlement.ts';
import { readTrust } from '../../inbox/trust.ts';
import { hasForm, isSafeToShow } from '../event-facts.ts';
import type { Html, View } from '../view.ts';
import { buttonForm, flash, formToken, pill, time } from './parts.ts';

export interface EventPage {
  event: EventDetails;
  senderName: string;
  /** Whether it was read from a row in OpenSPP, rather than sent. */
  adopted: boolean;
  /** The address of its row in OpenSPP; null where there is none, or no Odoo that a browser can open. */
  link: string | null;
  /** Who asked for its personal data before. */
  trail: readonly KeptAuditEntry[];
  /** What the viewer asked for, and a trace was left of. */
  shown: 'nothing' | 'person' | 'message';
  done: string | null;
}

/** One event. Personal data only where it was asked for. */
export function eventPage(view: View, page: EventPage): Html {
  const { texts, format } = view;
  const { event } = page;
  const words = texts.event;
  const date = event.date === null ? words.noDate : format.day(event.date);
  return html`<p class="crumb"><a href="/events">${texts.nav.events}</a></p>
<h1>${words.title(texts.types[event.type], date)} <small>${words.number(event.id)}</small></h1>${flash(page.done)}
<div class="columns"><div>
${eventLive(view, page)}
${details(view, page)}
</div><div>
<section class="card" aria-labelledby="actions"><h2 id="actions">${words.actions}</h2>
<div class="actions">${canRetry(event) ? buttonForm(view, `/events/${event.id}/retry`, words.retry, 'primary') : ''}
${canSetAside(event) ? html`<a class="button" href="/events/${event.id}/set-aside">${words.setAside}</a>` : ''}</div>
${canRetry(event) ? html`<p class="hint">${words.retryHint}</p>` : ''}
${page.link === null ? '' : html`<p><a href="${page.link}" target="_blank" rel="noopener noreferrer">${words.open(event.odooEventId ?? 0)}</a></p>`}
</section>
${personal(view, page)}
</div></div>`;
}

/** What changes while the event is on its way; no personal data. */
export function eventLive(view: View, { event, senderName, adopted }: EventPage): Html {
  const { texts } = view;
  const live = event.state === 'waiting' || event.state === 'delivering' || event.state === 'deferred';
  return html`<section id="live" class="card" aria-labelledby="timeline"${live ? html` data-live="/events/${event.id}/live" data-every="1500"` : ''}>
<h2 id="timeline">${texts.event.timeline}</h2>
<p class="now" role="status" aria-live="polite">${pill(view, event.state, event.outcome)}</p>
${timeline(view, event, senderName, adopted)}</section>`;
}

function timeline(view: View, event: EventDetails, senderName: string, adopted: boolean): Html {
  const { texts, format } = view;
  const words = texts.event;
  const steps = [
    step(
      html`${adopted ? words.adoptedStep : words.receivedStep}`,
      time(view, event.receivedAt),
      adopted ? null : words.receivedFrom(senderName),
    ),
    ...(adopted ? [] : [trustStep(view, event)]),
    step(html`${words.committedStep}`, null, null),
    ...event.history.map((attempt, at) => attemptStep(view, attempt, at + 1)),
  ];
  if (event.state === 'waiting') steps.push(step(html`${words.waitingStep}`, null, null, 'open'));
  if (event.state === 'deferred' && event.dueAt !== null)
    steps.push(step(html`${words.deferredStep(format.time(event.dueAt))}`, null, null, 'open'));
  if (event.state === 'dead') steps.push(step(html`${words.deadStep}`, null, null, 'error'));
  if (event.outcome !== null)
    steps.push(
      step(
        html`${event.reason === WITHDRAWN ? texts.why[WITHDRAWN] : words.settledStep(texts.outcomes[event.outcome])}`,
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

function personal(view: View, { event, shown, trail }: EventPage): Html {
  const { texts } = view;
  const words = texts.event;
  const open = shown !== 'nothing';
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
<div class="actions">${open ? '' : buttonForm(view, `/events/${event.id}/show`, words.show)}${shown === 'message' ? '' : buttonForm(view, `/events/${event.id}/message`, words.showMessage)}</div>
${shown === 'message' ? html`<h3>${words.message}</h3><pre tabindex="0" aria-label="${words.message}">${event.body}</pre>` : ''}
${
  trail.length === 0
    ? ''
    : html`<h3>${words.asked}</h3><ul class="trail">${trail.map(
        ({ at, actor, action }) => html`<li>${time(view, at)} – ${actor} ${texts.audit.actions[action]}</li>`,
      )}</ul>`
}</section>`;
}

function details(view: View, { event, senderName, shown }: EventPage): Html {
  const words = view.texts.event;
  const messageId =
    shown !== 'nothing' || isSafeToShow(event.messageId, event.identifiers)
      ? event.messageId
      : html`<span class="masked" aria-label="${words.hidden}">••••••••</span>`;
  const facts: [string, string | Html][] = [
    [words.sender, `${senderName} (${event.senderId})`],
    [words.openspp, event.odooEventId === null ? words.noRow : String(event.odooEventId)],
    [words.reference, html`<code>${event.reference}</code>`],
    [words.correlationId, html`<code>${event.correlationId}</code>`],
    [words.messageId, html`<code>${messageId}</code>`],
    [words.dialect, event.dialect ?? view.texts.none],
    [words.action, event.action],
  ];
  return html`<section class="card" aria-labelledby="details"><h2 id="details">${words.details}</h2>
<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

export function setAsidePage(view: View, id: number): Html {
  const { confirm } = view.texts;
  return html`<section class="card narrow"><h1>${confirm.setAside(id)}</h1><p>${confirm.setAsideText}</p>
<div class="actions"><form method="post" action="/events/${id}/set-aside">${formToken(view)}<button class="danger">${confirm.setAsideButton}</button></form>
<a href="/events/${id}">${confirm.cancel}</a></div></section>`;
}

/** What the inbox makes wait again; see `Inbox.retry`. */
function canRetry({ state }: EventDetails): boolean {
  return state === 'settled' || state === 'deferred' || state === 'dead';
}

/** See `Inbox.setAside`. */
function canSetAside({ state, outcome }: EventDetails): boolean {
  return state === 'waiting' || state === 'deferred' || outcome === 'error';
}
