import type { Answer } from './target.ts';

/** Which model the id in a field belongs to. */
const FIELDS: Readonly<Record<string, string>> = {
  partner_id: 'res.partner',
  person_id: 'res.partner',
  id_type_id: 'spp.vocabulary.code',
  civil_status_id: 'spp.vocabulary.code',
  vocabulary_id: 'spp.vocabulary',
  program_id: 'spp.program',
  cycle_id: 'spp.cycle',
  individual: 'res.partner',
  group: 'res.partner',
  registrant_id: 'res.partner',
  request_type_id: 'spp.change.request.type',
  company_id: 'res.company',
};

/** The methods whose numbers are ids; in XML they look like others. */
const GIVE_IDS: ReadonlySet<string> = new Set(['create', 'search', 'search_read']);

/** What differs between two servers, or two runs, and means nothing. */
export interface Differences {
  /** The labels of the ids that were kept, by `model:id`. */
  labels: ReadonlyMap<string, string>;
  tag: string;
  db: string;
  /** What the request was about. */
  model: string;
  method: string;
}

/** Makes answers of different servers comparable. */
export function normalise(answer: Answer, differences: Differences): Answer {
  return { ...answer, body: visit(answer.body, undefined, differences) };
}

function visit(value: unknown, key: string | undefined, differences: Differences): unknown {
  if (typeof value === 'number') return visitNumber(value, key, differences);
  if (typeof value === 'string') return visitText(value, key, differences);
  if (Array.isArray(value)) return visitList(value, key, differences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, visit(item, name, differences)]),
  );
}

function visitNumber(value: number, key: string | undefined, differences: Differences): unknown {
  if (isId(key, differences)) return idLabel(value, differences);
  const model = key === undefined ? undefined : FIELDS[key];
  return model === undefined ? value : label(model, value, differences);
}

/** Ids, the `[id, name]` of a many2one, or any list. */
function visitList(list: readonly unknown[], key: string | undefined, differences: Differences): unknown {
  const areIds = list.length > 0 && list.every((item) => typeof item === 'number');
  if (areIds && (isResult(key) || key === 'ids')) return list.map((id) => idLabel(Number(id), differences));
  const isNamed = list.length === 2 && typeof list[0] === 'number' && typeof list[1] === 'string';
  if (isNamed && isResult(key))
    return [idLabel(Number(list[0]), differences), visit(list[1], key, differences)];
  return list.map((item) => visit(item, key, differences));
}

const isResult = (key: string | undefined): boolean => key === undefined || key === 'result';

function isId(key: string | undefined, { method }: Differences): boolean {
  return key === 'id' || (method === 'create' && isResult(key));
}

function idLabel(id: number, differences: Differences): string {
  return differences.labels.get(`${differences.model}:${id}`) ?? '<id>';
}

function label(model: string, id: number, { labels }: Differences): string | number {
  return labels.get(`${model}:${id}`) ?? id;
}

function visitText(text: string, key: string | undefined, differences: Differences): string {
  if (key === 'debug') return '…';
  const { tag, db, labels, model, method } = differences;
  const name = (id: string, of = model): string => String(labels.get(`${of}:${id}`) ?? id);
  return text
    .replaceAll(/Sorry, .* \(id=\d+\) doesn't/g, "Sorry, <user> doesn't")
    .replaceAll(tag, 'TAG')
    .replaceAll(`"${db}"`, '"DB"')
    .replaceAll(/CRVS-([A-Z]+)-\d{14}/g, 'CRVS-$1-<time>')
    .replaceAll(/Traceback[\s\S]*\n(?=\S)/g, 'Traceback…\n')
    .replaceAll(/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b/g, (time) => (isRecent(time) ? '<now>' : time))
    .replaceAll(/\b20\d\d-\d\d-\d\d\b/g, (date) => (isToday(date) ? '<today>' : date))
    .replaceAll(/(DEATH|CR)\/\d{4}\/\d{5}/g, '$1/<year>/<number>')
    .replaceAll(/([a-z.]+)\((\d+),\)/g, (_all, of: string, id: string) => `${of}(${name(id, of)},)`)
    .replaceAll(/^(spp\.[a-z._]+),\d+$/g, '$1,<id>')
    .replaceAll(/Expected singleton: ([a-z.]+)\([\d, ]+\)/g, 'Expected singleton: $1(<ids>)')
    .replaceAll(/Unknown database identifier '\d+'/g, (all) =>
      all.includes('99999999') ? all : "Unknown database identifier '<id>'",
    )
    .replaceAll(/=\((\d+), (\d+)\)/g, (_all, partner: string, other: string) => {
      return `=(${name(partner, 'res.partner')}, ${other})`;
    })
    .replaceAll(/LINE 1: .*\n *\^\n/g, '')
    .replaceAll(
      /<int>(\d+)<\/int>/g,
      (_all, id: string) => `<int>${GIVE_IDS.has(method) ? '<id>' : id}</int>`,
    );
}

const RECENT_MS = 600_000;

/** Also the day of a call that was made just before midnight in Greenwich. */
function isToday(date: string): boolean {
  return [0, RECENT_MS].some((ms) => new Date(Date.now() - ms).toISOString().startsWith(date));
}

function isRecent(time: string): boolean {
  return Math.abs(Date.now() - Date.parse(`${time.replace(' ', 'T')}Z`)) < RECENT_MS;
}
