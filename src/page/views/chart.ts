import { html } from 'hono/html';
import type { Chart } from '../overview.ts';
import type { Html, View } from '../view.ts';
import { table, time } from './parts.ts';

/** Units of the drawing; it is stretched to the room that there is. */
const WIDTH = 600;
const HEIGHT = 120;

/** Rates as a drawing, and as a table for those who cannot see it. */
export function chart(view: View, id: string, title: string, data: Chart, labelEvery: number): Html {
  const { texts, format } = view;
  const { accepted, settled, from, spanMs } = data;
  const most = Math.max(...accepted, ...settled, 0);
  const top = niceTop(most);
  const sum = (counts: readonly number[]) => format.number(counts.reduce((total, count) => total + count, 0));
  const words = texts.chart;
  const ticks = accepted.flatMap((_, span) => {
    const at = from + span * spanMs;
    const share = span / accepted.length;
    // Words in the middle of a mark: those near an end would be cut off.
    if (at % (labelEvery * spanMs) !== 0 || share < 0.05 || share > 0.95) return [];
    return html`<text x="${round(share * 100)}%" y="1em">${format.clock(at)}</text>`;
  });
  const summary = words.summary(title, sum(accepted), sum(settled), format.number(most));
  return html`<figure class="chart" aria-labelledby="${id}-title">
<figcaption id="${id}-title"><span>${title}</span>
<span class="legend"><span class="key accepted"></span>${words.accepted} <strong>${sum(accepted)}</strong> <span class="key settled"></span>${words.settled} <strong>${sum(settled)}</strong></span></figcaption>
<div class="plot"><span class="top" aria-hidden="true">${format.number(top)}</span>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">
<path class="grid" d="M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}"/>
<path class="accepted" d="${areaOf(accepted, top)}"/>
<path class="settled" d="${lineOf(settled, top)}"/>
</svg>
<svg class="ticks" aria-hidden="true" focusable="false">${ticks}</svg></div>
<details><summary>${words.table}</summary>${tableOf(view, title, data)}</details>
</figure>`;
}

/** The lowest of 1, 2, 5, 10, 20, … that is not below. */
function niceTop(most: number): number {
  if (most <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= most) ?? most;
}

const round = (value: number) => Math.round(value * 10) / 10;
const heightOf = (count: number, top: number) => round(HEIGHT - (count / top) * (HEIGHT - 4));

/** Columns, as one shape. */
function areaOf(counts: readonly number[], top: number): string {
  const width = WIDTH / counts.length;
  const steps = counts.map((count, at) => `V${heightOf(count, top)}H${round((at + 1) * width)}`);
  return `M0 ${HEIGHT}${steps.join('')}V${HEIGHT}Z`;
}

/** The same tops as a line. */
function lineOf(counts: readonly number[], top: number): string {
  const width = WIDTH / counts.length;
  return counts
    .map((count, at) => `${at === 0 ? 'M0 ' : 'V'}${heightOf(count, top)}H${round((at + 1) * width)}`)
    .join('');
}

function tableOf(view: View, title: string, { accepted, settled, from, spanMs }: Chart): Html {
  const { chart: words } = view.texts;
  const busy = accepted.flatMap((count, span) => {
    const done = settled[span] ?? 0;
    return count + done === 0 ? [] : [{ at: from + span * spanMs, count, done }];
  });
  if (busy.length === 0) return html`<p>${words.nothing}</p>`;
  return html`${table(
    title,
    [words.from, words.accepted, words.settled],
    busy.map(
      ({ at, count, done }) =>
        html`<tr><td>${time(view, at)}</td><td class="number">${view.format.number(count)}</td><td class="number">${view.format.number(done)}</td></tr>`,
    ),
  )}<p class="hint">${words.quietSpans}</p>`;
}
