import { html } from 'hono/html';
import type { EventOutcome, EventState } from '../../inbox/inbox.ts';
import type { Done } from '../listing.ts';
import type { Html, View } from '../view.ts';

/** The token that proves a form to be ours. */
export function formToken({ formToken: token }: View): Html {
  return html`<input type="hidden" name="form_token" value="${token}">`;
}

/** A form that is one button. */
export function buttonForm(view: View, action: string, label: string, kind = ''): Html {
  return html`<form method="post" action="${action}">${formToken(view)}<button class="${kind}">${label}</button></form>`;
}

/** A moment, readable by machines, too. */
export function time({ format }: View, ms: number | null, otherwise = '–'): Html {
  if (ms === null) return html`${otherwise}`;
  return html`<time datetime="${new Date(ms).toISOString()}">${format.time(ms)}</time>`;
}

/** A moment for a list: short within the last half year, with the whole as its title. */
export function shortTime(view: View, ms: number): Html {
  const { format, now } = view;
  if (Math.abs(now - ms) > HALF_YEAR_MS) return time(view, ms);
  return html`<time datetime="${new Date(ms).toISOString()}" title="${format.time(ms)}">${format.moment(ms)}</time>`;
}

const HALF_YEAR_MS = 180 * 86_400_000;

/** The state of an event: never by its colour alone. */
export function pill({ texts }: View, state: EventState, outcome: EventOutcome | null): Html {
  const kind = outcome ?? state;
  const label = outcome === null ? texts.states[state] : texts.outcomes[outcome];
  return html`<span class="pill ${kind}">${label}</span>`;
}

/** A table that can be moved sideways where there is no room, by the keyboard as well. */
export function table(label: string, head: readonly (string | Html)[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<caption class="visually-hidden">${label}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The box that finds an event by any of its names. By POST: what is searched for is in no address and no log. */
export function searchForm(view: View): Html {
  const { search } = view.texts;
  return html`<form class="search" method="post" action="/events/search" role="search" autocomplete="off">${formToken(view)}
<label for="search">${search.label}</label>
<div class="row"><input id="search" name="text" type="search" required maxlength="300" aria-describedby="search-hint" autocomplete="off" spellcheck="false"><button class="primary">${search.button}</button></div>
<p class="hint" id="search-hint">${search.hint}</p></form>`;
}

/** Why an event is not processed, in words; the code where there are none. */
export function reasonText({ texts }: View, reason: string): string {
  return texts.why[reason] ?? texts.attempts[reason] ?? reason;
}

/** A value with a button that copies it; the page's script shows the button. */
export function copyable({ texts }: View, value: string): Html {
  return html`<span class="copyable"><code>${value}</code> <button type="button" class="copy quiet" data-copied="${texts.copied}" hidden>${texts.copy}</button></span>`;
}

/** What was done, after a form; with what was left as it is, and why. */
export function doneFlash({ texts, format }: View, done: Done | null): Html | string {
  if (done === null) return '';
  const words = texts.done;
  const { action, count, skipped } = done;
  const left = skipped
    .map(([reason, number]) => `${words.skips[reason]} ${format.number(number)}`)
    .join(', ');
  return html`<p class="flash${count === 0 ? ' nothing' : ''}" role="status">${count === 0 ? words.nothing : words[action](count, format.number(count))}${left === '' ? '' : html` ${words.skipped(left)}`}</p>`;
}

/** What was done, as a sentence. */
export function flash(text: string | null): Html | string {
  return text === null ? '' : html`<p class="flash" role="status">${text}</p>`;
}
