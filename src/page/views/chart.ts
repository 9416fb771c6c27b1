import { html } from 'hono/html';
import type { Chart } from '../overview.ts';
import type { Html, View } from '../view.ts';
import { reasonText, table, time } from './parts.ts';

/** Units of the drawing; it is stretched to the room that there is. */
const WIDTH = 600;
const HEIGHT = 120;

/** One line or shape of a chart, with a count for each span. */
interface Series {
  /** The class that gives it its look. */
  look: string;
  label: string;
  counts: readonly number[];
}

/** Where the axis of time has marks: every so many spans, as a time of day or a day of the week. */
export interface Ticks {
  every: number;
  tick: 'clock' | 'weekday';
}

/** What came and went: accepted, settled, in error, refused. */
export function chart(view: View, id: string, title: string, data: Chart, ticks: Ticks): Html {
  const words = view.texts.chart;
  const series: Series[] = [
    { look: 'accepted', label: words.accepted, counts: data.accepted },
    { look: 'settled', label: words.settled, counts: data.settled },
    { look: 'errors', label: words.errors, counts: errorsBySpan(data) },
    { look: 'refused', label: words.refused, counts: data.refused },
  ];
  const [first, ...lines] = series;
  const top = niceTop(Math.max(...series.flatMap(({ counts }) => counts), 0));
  const shapes = [
    html`<path class="accepted" d="${areaOf(first?.counts ?? [], top)}"/>`,
    ...lines.map(({ look, counts }) => html`<path class="line ${look}" d="${lineOf(counts, top)}"/>`),
  ];
  return figure(view, { id, title, data, ticks, series, top, shapes });
}

/** Reasons that have a colour of their own. */
const REASONS = 5;

/** What ended in an error, by its reason: stacked, the most frequent reason at the bottom. */
export function reasonChart(view: View, id: string, title: string, data: Chart, ticks: Ticks): Html {
  const words = view.texts.chart;
  const spans = data.accepted.length;
  const byReason = new Map<string | null, number[]>();
  for (const { span, reason, count } of data.errors) {
    const counts = byReason.get(reason) ?? new Array<number>(spans).fill(0);
    counts[span] = (counts[span] ?? 0) + count;
    byReason.set(reason, counts);
  }
  // By name where they are as many, so that their colours stay.
  const most = [...byReason].sort(
    ([one, a], [other, b]) => sumOf(b) - sumOf(a) || (one ?? '').localeCompare(other ?? ''),
  );
  const series: Series[] = most.slice(0, REASONS).map(([reason, counts], at) => ({
    look: `reason-${at}`,
    label: reason === null ? view.texts.needs.noReason : reasonText(view, reason),
    counts,
  }));
  const others = most.slice(REASONS).map(([, counts]) => counts);
  if (others.length > 0)
    series.push({ look: `reason-${REASONS}`, label: words.others, counts: addUp(others, spans) });
  const top = niceTop(Math.max(...errorsBySpan(data), 0));
  // The highest stack first, so that the lower ones are drawn over it.
  const shapes = series
    .map(({ look }, at) => {
      const stacked = addUp(
        series.slice(0, at + 1).map(({ counts }) => counts),
        spans,
      );
      return html`<path class="${look}" d="${areaOf(stacked, top)}"/>`;
    })
    .toReversed();
  return figure(view, { id, title, data, ticks, series, top, shapes });
}

interface Figure {
  id: string;
  title: string;
  data: Chart;
  ticks: Ticks;
  series: readonly Series[];
  top: number;
  shapes: readonly Html[];
}

/**
 * A drawing with its legend, and a table for those who cannot see it. Each busy span has its numbers as a title; the
 * page's script also shows them below, by pointer and by arrow keys.
 */
function figure(view: View, { id, title, data, ticks, series, top, shapes }: Figure): Html {
  const { texts, format } = view;
  const words = texts.chart;
  const { from, spanMs, accepted } = data;
  const legend = series.map(
    ({ look, label, counts }) =>
      html`<span><span class="key ${look}"></span>${label} <strong>${format.number(sumOf(counts))}</strong></span> `,
  );
  const said = series.map(({ label, counts }) => `${label} ${format.number(sumOf(counts))}`).join(', ');
  const marks = accepted.flatMap((_, span) => {
    const at = from + span * spanMs;
    const share = span / accepted.length;
    // Words in the middle of a mark: those near an end would be cut off.
    if (at % (ticks.every * spanMs) !== 0 || share < 0.05 || share > 0.95) return [];
    return html`<text x="${round(share * 100)}%" y="1em">${format[ticks.tick](at)}</text>`;
  });
  const width = WIDTH / accepted.length;
  const spans = busySpans(data, series).map(
    ({ span, at, counts }) =>
      html`<rect class="span" x="${round(span * width)}" y="0" width="${round(width)}" height="${HEIGHT}"><title>${format[ticks.tick === 'clock' ? 'clock' : 'dayAndClock'](at)}: ${series
        .flatMap(({ label }, position) => {
          const count = counts[position] ?? 0;
          return count === 0 ? [] : [`${label} ${format.number(count)}`];
        })
        .join(', ')}</title></rect>`,
  );
  return html`<figure id="${id}" class="chart" data-hold aria-labelledby="${id}-title">
<figcaption id="${id}-title"><span>${title}</span><span class="legend">${legend.length === 0 ? words.nothing : legend}</span></figcaption>
<div class="plot"><span class="top" aria-hidden="true">${format.number(top)}</span><span class="middle" aria-hidden="true">${format.number(top / 2)}</span>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" tabindex="0" aria-label="${words.summary(title, said)}" aria-describedby="${id}-readout">
<path class="grid" d="M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}"/>
${shapes}${spans}
</svg>
<svg class="ticks" aria-hidden="true" focusable="false">${marks}</svg></div>
<p class="readout" id="${id}-readout" aria-live="polite" data-keep></p>
<details><summary>${words.table}</summary>${tableOf(view, title, data, series)}</details>
</figure>`;
}

const sumOf = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

function addUp(all: readonly (readonly number[])[], spans: number): number[] {
  return Array.from({ length: spans }, (_, span) =>
    all.reduce((sum, counts) => sum + (counts[span] ?? 0), 0),
  );
}

function errorsBySpan({ errors, accepted }: Chart): number[] {
  const counts = new Array<number>(accepted.length).fill(0);
  for (const { span, count } of errors) counts[span] = (counts[span] ?? 0) + count;
  return counts;
}

/** The lowest of 2, 4, 10, 20, 50, 100, … that is not below: its half is a whole number. */
function niceTop(most: number): number {
  if (most <= 4) return most <= 2 ? 2 : 4;
  const power = 10 ** Math.max(1, Math.floor(Math.log10(most)));
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

/** The spans in which something happened, with the count of each series. */
function busySpans({ from, spanMs, accepted }: Chart, series: readonly Series[]) {
  return accepted.flatMap((_, span) => {
    const counts = series.map((one) => one.counts[span] ?? 0);
    return sumOf(counts) === 0 ? [] : [{ span, at: from + span * spanMs, counts }];
  });
}

function tableOf(view: View, title: string, data: Chart, series: readonly Series[]): Html {
  const { chart: words } = view.texts;
  const busy = busySpans(data, series);
  if (busy.length === 0) return html`<p>${words.nothing}</p>`;
  return html`${table(
    title,
    [words.from, ...series.map(({ label }) => label)],
    busy.map(
      ({ at, counts }) =>
        html`<tr><td>${time(view, at)}</td>${counts.map((count) => html`<td class="number">${view.format.number(count)}</td>`)}</tr>`,
    ),
  )}<p class="hint">${words.quietSpans}</p>`;
}
