/** A line of Prometheus' text format. */
interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A metric with its samples. */
export interface Family {
  name: string;
  help: string;
  type: string;
  samples: Sample[];
}

const NAME = /^[a-z][a-z0-9_]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;

/**
 * Reads Prometheus' text format, version 0.0.4, and is stricter than it: every metric has its HELP and TYPE before its
 * samples and all of them together, names are as `promtool check metrics` wants them, histograms add up.
 *
 * @throws where it is not so, with the line
 */
export function parseMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: Family | null = null;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line === '') continue;
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) fail('a metric is in two places');
      current = { name, help: rest, type: '', samples: [] };
      families.set(name, current);
    } else if (kind === 'TYPE') {
      if (current?.name !== name || current.type !== '') fail('TYPE without its HELP');
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest)) fail('there is no such type');
      if (current) current.type = rest;
    } else {
      const sample = sampleOf(line);
      if (!current?.type || !belongs(sample, current)) return fail('a sample of another metric');
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) fail('a sample is there twice');
      seen.add(key);
      current.samples.push(sample);
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function sampleOf(line: string): Sample {
  const [, name = '', inside = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (name === '' || !/^(?:[+-]?Inf|[Nn]a[Nn]|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(number))
    throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (LABEL.lastIndex = 0; LABEL.lastIndex < inside.length; ) {
    const match = LABEL.exec(inside);
    if (!match?.[1] || match[1] in labels) throw new Error(`labels: ${line}`);
    labels[match[1]] = match[2] ?? '';
  }
  return { name, labels, value: number.endsWith('Inf') ? Number(`${number}inity`) : Number(number) };
}

function belongs({ name }: Sample, family: Family): boolean {
  if (family.type === 'histogram') {
    return ['_bucket', '_sum', '_count'].some((suffix) => name === family.name + suffix);
  }
  return name === family.name;
}

function checkFamily({ name, help, type, samples }: Family): void {
  if (!NAME.test(name) || help === '') throw new Error(`${name}: name or HELP`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name}: _total is for counters`);
  if (/_(?:bucket|sum|count)$/.test(name)) throw new Error(`${name}: ends as a part of a histogram does`);
  if (/milliseconds|minutes|hours|kilobytes/.test(name)) throw new Error(`${name}: no base unit`);
  for (const { value } of samples) {
    if (type === 'counter' && !(value >= 0)) throw new Error(`${name}: a counter below 0`);
  }
  if (type === 'histogram') checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: Sample[]): void {
  const series = new Map<
    string,
    { last: number; bound: number; infinite: number | null; count: number | null }
  >();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    const one = series.get(key) ?? { last: 0, bound: Number.NEGATIVE_INFINITY, infinite: null, count: null };
    series.set(key, one);
    if (sample.name.endsWith('_count')) one.count = sample.value;
    if (!sample.name.endsWith('_bucket')) continue;
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    if (!(bound > one.bound) || sample.value < one.last)
      throw new Error(`${name}: buckets that do not add up`);
    one.bound = bound;
    one.last = sample.value;
    if (le === '+Inf') one.infinite = sample.value;
  }
  for (const { infinite, count } of series.values()) {
    if (infinite === null || infinite !== count) throw new Error(`${name}: le="+Inf" is not the count`);
  }
}

/** The sum of the samples of that name whose labels are among others these; null where there is none. */
export function sumOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const found = [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter((one) => one.name === name && Object.entries(labels).every(([key, v]) => one.labels[key] === v));
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}
