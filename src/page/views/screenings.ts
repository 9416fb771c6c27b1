import { html } from 'hono/html';
import type { Screening } from '../../screening/job.ts';
import type { Person } from '../../screening/persons.ts';
import { SCREENING_KINDS } from '../../screening/plan.ts';
import type { ReportPage } from '../../screening/report.ts';
import { type Outcome, outcomesOf, type Result } from '../../screening/result.ts';
import type { ScreeningProgress } from '../../screening/run-screening.ts';
import type { Html, View } from '../view.ts';
import { buttonForm, flash, formToken, table, time } from './parts.ts';

/** The list of screenings, and the form that begins one. */
export function screeningsPage(view: View, screenings: readonly Screening[], done: string | null): Html {
  const { texts, format } = view;
  const words = texts.screenings;
  const rows = screenings.map(
    (one) => html`<tr><th scope="row"><a href="/screenings/${one.id}">${words.kinds[one.plan.kind]}</a></th>
<td>${populationOf(view, one)}</td><td>${one.plan.source}</td><td>${statePill(view, one)}</td>
<td class="number">${one.people === null ? texts.none : format.number(one.people)}</td><td>${figures(view, one)}</td>
<td>${time(view, one.createdAt)}</td></tr>`,
  );
  return html`<h1>${words.title}</h1><p class="intro">${words.intro}</p>${flash(done)}
${
  rows.length === 0
    ? html`<p class="empty">${words.nothing}</p>`
    : table(
        words.caption,
        [words.kind, words.population, words.source, words.state, words.people, words.answers, words.begun],
        rows,
      )
}
<section class="card" aria-labelledby="begin"><h2 id="begin">${words.begin}</h2><p class="hint">${words.beginHint}</p>
<form class="filter" method="post" action="/screenings">${formToken(view)}
<label>${words.kind}<select name="kind">${SCREENING_KINDS.map((kind) => html`<option value="${kind}">${words.kinds[kind]}</option>`)}</select></label>
<label>${words.population}<select name="of"><option value="program">${words.program}</option><option value="cycle">${words.cycle}</option><option value="all">${words.all}</option></select></label>
<label>${words.number}<input name="id" inputmode="numeric" pattern="[1-9][0-9]{0,9}" maxlength="10" autocomplete="off"></label>
<label><input type="checkbox" name="file_events" value="yes"> ${words.fileEvents}</label>
<button class="primary">${words.beginButton}</button></form></section>`;
}

export interface ScreeningPage {
  screening: Screening;
  progress: ScreeningProgress | null;
  page: ReportPage;
  /** Null for all. */
  outcome: Outcome | null;
  after: number;
  /** Who they are, where somebody asked and a trace was left; null where nobody did. */
  persons: ReadonlyMap<number, Person> | null;
  done: string | null;
}

/** One screening with a page of its report. Who they are, and when they died, only where it was asked for. */
export function screeningPage(view: View, shown: ScreeningPage): Html {
  const { texts } = view;
  const words = texts.screenings;
  const { screening, done } = shown;
  const { id, state, by, plan } = screening;
  return html`<p class="crumb"><a href="/screenings">${words.title}</a></p>
<h1>${words.kinds[plan.kind]}: ${populationOf(view, screening)} <small>${id}</small></h1>${flash(done)}
${screeningLive(view, screening, shown.progress)}
<div class="actions">
${state === 'running' ? buttonForm(view, `/screenings/${id}/cancel`, words.cancel, 'danger') : ''}
${(state === 'cancelled' || state === 'failed') && by === 'bridge' ? buttonForm(view, `/screenings/${id}/resume`, words.resume, 'primary') : ''}
${screening.chunks === null ? '' : buttonForm(view, `/screenings/${id}/report.csv`, words.csv)}</div>
${screening.chunks === null ? '' : reportSection(view, shown)}`;
}

/** What changes while it is under way; no personal data. */
export function screeningLive(view: View, screening: Screening, progress: ScreeningProgress | null): Html {
  const { texts, format } = view;
  const words = texts.screenings;
  const { id, plan, state, problem, requests } = screening;
  const total = screening.people;
  const done = progress?.done ?? Math.min(screening.next * screening.chunkSize, total ?? 0);
  const isLive = state === 'running';
  const facts: [string, string | Html][] = [
    [words.state, statePill(view, screening)],
    [
      words.progress,
      total === null
        ? words.counting(format.number(progress?.done ?? 0))
        : html`${words.asked(format.number(done), format.number(total))} <progress max="${total}" value="${done}" aria-label="${words.progress}"></progress>`,
    ],
    [words.answers, figures(view, screening)],
    [words.source, plan.source],
    [words.requests, format.number(Math.max(progress?.requests ?? 0, requests))],
    [words.fileEvents, plan.fileEvents ? texts.yes : texts.no],
    ...(screening.counts.kept > 0
      ? [[words.kept, format.number(screening.counts.kept)] as [string, string]]
      : []),
    ...Object.entries(screening.counts.effects).map(([effect, count]): [string, string] => [
      words.effects[effect] ?? effect,
      format.number(count),
    ]),
    ...(problem === null ? [] : [[words.problem, problem] as [string, string]]),
  ];
  return html`<section id="live" class="card" aria-labelledby="how"${isLive ? html` data-live="/screenings/${id}/live" data-every="2000"` : ''}>
<h2 id="how">${words.how}</h2>
<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

function reportSection(view: View, { screening, page, outcome, after, persons }: ScreeningPage): Html {
  const { texts, format } = view;
  const words = texts.screenings;
  const base = `/screenings/${screening.id}`;
  const query = (chosen: Outcome | null, from: number) => {
    const fields = new URLSearchParams({
      ...(chosen === null ? {} : { answer: chosen }),
      ...(from === 0 ? {} : { after: String(from) }),
    });
    return fields.size === 0 ? base : `${base}?${fields}`;
  };
  const { outcomes } = screening.counts;
  const choices: (Outcome | null)[] = [null, ...outcomesOf(screening.plan.kind)];
  const isOpen = persons !== null;
  return html`<section aria-labelledby="report"><h2 id="report">${words.report}</h2>
<p class="hint">${isOpen ? words.shown : words.hint}</p>
<div class="actions" role="group" aria-label="${words.choose}">${choices.map((one) => {
    const count = one === null ? screening.people : (outcomes[one] ?? 0);
    const label = one === null ? words.everybody : (words.outcomes[one] ?? one);
    return html`<a href="${query(one, 0)}"${one === outcome ? html` aria-current="true"` : ''}>${label} (${format.number(count ?? 0)})</a>`;
  })}</div>
${
  page.results.length === 0
    ? html`<p class="empty">${words.nobody}</p>`
    : table(
        words.reportCaption,
        [words.registrant, words.person, words.answer, words.reason, words.details],
        page.results.map((one) => row(view, one, persons)),
      )
}
<div class="actions">
${
  isOpen || page.results.length === 0
    ? ''
    : html`<form method="post" action="${base}/show">${formToken(view)}<input type="hidden" name="answer" value="${outcome ?? ''}"><input type="hidden" name="after" value="${String(after)}"><button>${words.show}</button></form>`
}
${after === 0 ? '' : html`<a href="${query(outcome, 0)}">${words.first}</a>`}
${page.next === null ? '' : html`<a rel="next" href="${query(outcome, page.next)}">${words.more}</a>`}</div></section>`;
}

function row(view: View, result: Result, persons: ReadonlyMap<number, Person> | null): Html {
  const { texts } = view;
  const words = texts.screenings;
  const { id, outcome, reason, detail, effect } = result;
  const masked = html`<span class="masked" aria-label="${texts.event.hidden}">••••••••</span>`;
  const person = persons?.get(id);
  const who = person
    ? html`${person.name ?? texts.none}${person.identifiers.map(({ type, value }) => html`<br><small>${type} ${value}</small>`)}`
    : html`${words.gone}`;
  const own = personalOf(view, result);
  return html`<tr><th scope="row" class="number">${String(id)}</th><td>${persons === null ? masked : who}</td>
<td>${words.outcomes[outcome] ?? outcome}${result.kept ? html` <small>${words.keptOne}</small>` : ''}</td>
<td>${reason === undefined ? texts.none : html`<span title="${detail ?? ''}">${words.reasons[reason] ?? reason}</span>`}</td>
<td>${own === null ? '' : persons === null ? masked : own}${effect === undefined ? '' : html` <small>${words.effects[effect] ?? effect}</small>`}</td></tr>`;
}

/** What the answer itself says of the person; null where it says nothing more. */
function personalOf({ texts, format }: View, { outcome, date, number, programs }: Result): Html | null {
  const words = texts.screenings;
  if (outcome === 'deceased') {
    const when = date === undefined ? words.noDate : format.day(date);
    return html`${when}${number === undefined ? '' : html`, ${number}`}`;
  }
  return programs && programs.length > 0 ? html`${programs.join(', ')}` : null;
}

function populationOf({ texts }: View, { plan: { population } }: Screening): string {
  const words = texts.screenings;
  if (population.of === 'all') return words.all;
  return `${population.of === 'program' ? words.program : words.cycle} ${population.id}`;
}

const PILLS = { running: 'waiting', done: 'processed', cancelled: 'deferred', failed: 'error' } as const;

function statePill({ texts }: View, { state }: Screening): Html {
  return html`<span class="pill ${PILLS[state]}">${texts.screenings.states[state]}</span>`;
}

function figures({ texts, format }: View, { plan, counts }: Screening): string {
  const words = texts.screenings;
  const all = outcomesOf(plan.kind).flatMap((one) => {
    const count = counts.outcomes[one];
    return count ? [`${words.outcomes[one] ?? one} ${format.number(count)}`] : [];
  });
  return all.length === 0 ? texts.none : all.join(', ');
}
