/** What a value of a message is read as, through every connector that can carry it. The guide's table is made of these. */
interface ReadingCase {
  /** As it is in the message. */
  sent: unknown;
  /** What becomes of it; null where the record is refused. */
  read: string | null;
  /** Of a date without a day: why. */
  note?: 'date.partial' | 'date.implausible';
}

export interface ReadingKind {
  name: string;
  /** Where in the messages of which connector. */
  members: string;
  cases: readonly ReadingCase[];
}

/** No day is known: the event is applied without a date. */
export const NO_DAY = 'no day';

export const DATES: ReadingKind = {
  name: 'Dates',
  members:
    '`event_date`, `birth_date` and the like in DCI; `Patient.birthDate` and `deceasedDateTime` of OpenCRVS 1.x; the date fields of the forms of OpenCRVS 2.x',
  cases: [
    { sent: '2024-12-01', read: '2024-12-01' },
    { sent: '2024-1-5', read: '2024-01-05' },
    { sent: '2024/01/05', read: '2024-01-05' },
    { sent: '\u00a02024-12-01 ', read: '2024-12-01' },
    { sent: '2024-12-01T23:30:00Z', read: '2024-12-01' },
    { sent: '2024-12-01T00:30:00+14:00', read: '2024-12-01' },
    { sent: ['2019-09-21T11:20:00'], read: '2019-09-21' },
    { sent: [], read: NO_DAY },
    { sent: '', read: NO_DAY },
    { sent: null, read: NO_DAY },
    { sent: undefined, read: NO_DAY },
    { sent: '2023-07', read: NO_DAY, note: 'date.partial' },
    { sent: '1958', read: NO_DAY, note: 'date.partial' },
    { sent: '1958-00-00', read: NO_DAY, note: 'date.partial' },
    { sent: '0001-01-01', read: NO_DAY, note: 'date.implausible' },
    { sent: '0202-05-03', read: NO_DAY, note: 'date.implausible' },
    { sent: '1849-12-31', read: NO_DAY, note: 'date.implausible' },
    { sent: '2024-02-30', read: null },
    { sent: '01/12/2024', read: null },
    { sent: [2024, 12, 1, 0, 0], read: null },
    { sent: ['2024-12-01', '2024-12-02'], read: null },
    { sent: 'yesterday', read: null },
  ],
};

/** Where the registry of these cases is: three hours east of Greenwich. */
export const ZONE = 'Africa/Kampala';

export const DATES_IN_ZONE: ReadingKind = {
  name: 'Dates that say their zone',
  members: `the same members, where \`senders.time_zone\`, or that of the sender, is \`${ZONE}\``,
  cases: [
    { sent: '2024-12-01', read: '2024-12-01' },
    { sent: '2024-12-01T23:30:00', read: '2024-12-01' },
    { sent: '2024-12-01T20:59:59Z', read: '2024-12-01' },
    { sent: '2024-12-01T21:00:00Z', read: '2024-12-02' },
    { sent: '2024-12-01T21:00:00.000+00:00', read: '2024-12-02' },
    { sent: '2024-12-01T00:30:00+0500', read: '2024-11-30' },
    { sent: '2024-12-01T23:30:00+03:00', read: '2024-12-01' },
    { sent: '2024-12-01T00:00:00Z', read: '2024-12-01' },
    { sent: '2024-12-01T00:00:00+05:00', read: '2024-12-01' },
  ],
};

export const TYPES: ReadingKind = {
  name: 'Event types',
  members: '`event_type` and `reg_event_type` in DCI',
  cases: [
    { sent: 'LiveBirth', read: 'birth' },
    { sent: 'live_birth', read: 'birth' },
    { sent: 'event:live_birth', read: 'birth' },
    { sent: 'ns:dci:vital-events:v1:live_birth', read: 'birth' },
    { sent: { namespace: 'ns:dci:vital-events:v1', value: 'live_birth' }, read: 'birth' },
    { sent: '1', read: 'birth' },
    { sent: 'DEATH', read: 'death' },
    { sent: 2, read: 'death' },
    { sent: 'ns:org:RegistryEventType:Marriage', read: 'marriage' },
    { sent: '4', read: 'marriage' },
    { sent: 'Divorce', read: 'divorce' },
    { sent: 'FoetalDeath', read: null },
    { sent: 'fetal_death', read: null },
    { sent: 'foetal:death', read: null },
    { sent: '3', read: null },
    { sent: 'Adoption', read: null },
    { sent: '', read: null },
  ],
};

export const IDENTIFIERS: ReadingKind = {
  name: 'Identifiers',
  members: 'the value of an identifier, in every connector',
  cases: [
    { sent: 'A-17 x', read: 'A-17 x' },
    { sent: ' A-17\t', read: 'A-17' },
    { sent: '\u00a0A-17\r\n', read: 'A-17' },
    { sent: 'a-17', read: 'a-17' },
    { sent: 1234567890, read: '1234567890' },
    { sent: 'A\t17', read: null },
    { sent: 'A\u000017', read: null },
    { sent: true, read: null },
  ],
};

export const STATUSES: ReadingKind = {
  name: 'Registrations that are not in force',
  members:
    '`status`, `registration_status` or `record_status` of a record in DCI; a member such as `revoked`, `is_cancelled` or `revoked_at` says the same where it is set',
  cases: [
    { sent: 'registered', read: 'in force' },
    { sent: 'certified', read: 'in force' },
    { sent: 'inactive', read: 'in force' },
    { sent: 'cancelled', read: 'not applied' },
    { sent: 'Revoked', read: 'not applied' },
    { sent: 'void', read: 'not applied' },
    { sent: 'annulled', read: 'not applied' },
    { sent: 'entered in error', read: 'not applied' },
    { sent: 'entered-in-error', read: 'not applied' },
  ],
};

const KINDS: readonly ReadingKind[] = [DATES, DATES_IN_ZONE, TYPES, IDENTIFIERS, STATUSES];

const NOTES = {
  'date.partial': 'no day is known: applied without a date, which is noted',
  'date.implausible': 'not a date: applied without one, which is noted',
} as const;

/** What the guide says of a case. */
function wording({ read, note }: ReadingCase): string {
  if (note) return NOTES[note];
  if (read === null) return 'refused';
  if (read === NO_DAY) return 'no day is known: applied without a date';
  return read === 'in force' || read === 'not applied' ? read : `\`${read}\``;
}

/** The sent value as JSON, with what cannot be seen as an escape. */
function shown(sent: unknown): string {
  if (sent === undefined) return 'missing';
  const json = JSON.stringify(sent).replaceAll('\u00a0', '\\u00a0');
  return `\`${json}\``;
}

/** The tables of the integrator's guide. */
function readingsTable(): string {
  return KINDS.map(({ name, members, cases }) => {
    const rows = cases.map((one) => [shown(one.sent), wording(one)] as const);
    const width = [0, 1].map((at) => Math.max(...rows.map((row) => (row[at] ?? '').length), 7));
    const line = (cells: readonly string[]) =>
      `| ${cells.map((cell, at) => cell.padEnd(width[at] ?? 0)).join(' | ')} |`;
    const rule = `| ${width.map((count) => '-'.repeat(count)).join(' | ')} |`;
    return [`**${name}** (${members}):`, '', line(['sent', 'read as']), rule, ...rows.map(line)].join('\n');
  }).join('\n\n');
}

const BEGIN = '<!-- Written by `npm run docs:readings` from test/readings/cases.ts: change those. -->';
const END = '<!-- The end of what is written. -->';

/** The guide with the tables as they are now. */
export function withReadings(guide: string): string {
  const [before, rest] = guide.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('the guide has no place for the tables');
  return `${before}${BEGIN}\n\n${readingsTable()}\n\n${END}${after}`;
}
