import { hasStatus } from '../dci/client/answer-status.ts';
import { PendingError, ShapeError } from '../dci/client/errors-of-answers.ts';
import { isPlain, type Plain, textOf } from '../dci/client/plain.ts';

/** The domains of the Washington Group's Short Set, as OpenSPP names them. */
const FUNCTIONAL_DOMAINS = [
  'Vision',
  'Hearing',
  'Mobility',
  'Cognition',
  'SelfCare',
  'Communication',
] as const;
export type FunctionalDomain = (typeof FUNCTIONAL_DOMAINS)[number];

/** 1 no difficulty, 2 some difficulty, 3 a lot of difficulty, 4 cannot do at all (Washington Group). */
export type FunctionalScore = 1 | 2 | 3 | 4;
export type FunctionalScores = Partial<Record<FunctionalDomain, FunctionalScore>>;

export interface FunctionalAssessment {
  /** The domains that were assessed; SPDCI's own records need not have any. */
  scores: FunctionalScores;
  /** `YYYY-MM-DD`. */
  assessmentDate: string | null;
}

export interface DisabilityStatus {
  hasDisability: boolean;
  /** As the registry names them. */
  disabilityTypes: string[];
  functionalScores: FunctionalScores;
  /** `YYYY-MM-DD`. */
  assessmentDate: string | null;
  /** What the record says of where it comes from. */
  sourceRegistry: string | null;
  /** As the registry writes it. */
  record: Plain;
}

const YES = new Set(['approved', 'registered', 'yes', 'true', '1']);
/** What stands for none where a list must have something. */
const NO_IMPAIRMENT = /^\s*(?:none|no|nil|n\/?a|not applicable|no (?:disability|impairment|difficulty))\s*$/i;
const NO = new Set(['rejected', 'denied', 'no', 'false', '0']);

/**
 * Reads a record of a disability registry (SPDCI DR v1.0.0: `disability_status`, `disability_details`). Where it has no
 * status, an impairment on record is a yes, as OpenSPP does it; none on record is no "no".
 *
 * @throws {ShapeError} where it says neither yes nor no
 * @throws {PendingError} where the registry has not decided yet
 */
export function disabilityStatusOf(record: Plain): DisabilityStatus {
  const details = Array.isArray(record.disability_details) ? record.disability_details.filter(isPlain) : [];
  const listed = Array.isArray(record.disability_types) ? record.disability_types : [];
  const types = [...details.map((one) => one.impairment_type), ...listed].map(textOf);
  const named = types.filter((type) => type !== null && !NO_IMPAIRMENT.test(type));
  const disabilityTypes = [...new Set(named)] as string[];
  return {
    hasDisability: said(record) ?? hasImpairment(disabilityTypes),
    disabilityTypes,
    ...scored(record),
    sourceRegistry: textOf(record.source_registry) ?? textOf(record.registry_name),
    record,
  };
}

/** The functional assessment in a record. */
export function functionalAssessmentOf(record: Plain): FunctionalAssessment {
  const { functionalScores, assessmentDate } = scored(record);
  return { scores: functionalScores, assessmentDate };
}

function said(record: Plain): boolean | null {
  for (const value of [record.disability_status, record.has_disability, record.disabled]) {
    if (typeof value === 'boolean') return value;
    if (value === undefined || value === null || value === '') continue;
    const word = textOf(value)?.trim().toLowerCase() ?? '';
    if (YES.has(word)) return true;
    if (NO.has(word)) return false;
    if (word === 'under review' || hasStatus(word, 'pending')) throw new PendingError();
    throw new ShapeError('disability_status of the record says neither yes nor no');
  }
  return null;
}

function hasImpairment(types: readonly string[]): true {
  if (types.length > 0) return true;
  throw new ShapeError(
    'the record has neither a disability_status nor an impairment: it may not be assessed yet',
  );
}

const ASSESSMENTS = ['functional_scores', 'functional_assessment', 'functional_limitations'];

function scored(record: Plain): { functionalScores: FunctionalScores; assessmentDate: string | null } {
  const functionalScores: FunctionalScores = {};
  let assessed: unknown = record.assessment_date;
  for (const assessment of ASSESSMENTS.map((name) => record[name])) {
    if (isPlain(assessment)) assessed ??= assessment.assessment_date;
    for (const [name, value] of entriesOf(assessment)) {
      const domain = domainOf(name);
      const score = scoreOf(value);
      if (domain !== null && score !== null) functionalScores[domain] ??= score;
    }
  }
  const dates = [assessed, record.last_updated, record.registration_date].map(dateOf);
  return { functionalScores, assessmentDate: dates.find((date) => date !== null) ?? null };
}

/** `{"Vision": 3}`, `{"scores": {"Vision": 3}}` or `[{"domain": "Vision", "score": 3}]`. */
function entriesOf(assessment: unknown): [string, unknown][] {
  if (Array.isArray(assessment)) {
    return assessment.filter(isPlain).flatMap((one): [string, unknown][] => {
      const name = textOf(one.domain) ?? textOf(one.type) ?? textOf(one.limitation_type);
      return name === null ? [] : [[name, one.score ?? one.severity ?? one.level]];
    });
  }
  if (!isPlain(assessment)) return [];
  return [
    ...Object.entries(assessment),
    ...(isPlain(assessment.scores) ? Object.entries(assessment.scores) : []),
  ];
}

const DOMAINS: Readonly<Record<string, FunctionalDomain>> = {
  vision: 'Vision',
  seeing: 'Vision',
  sight: 'Vision',
  hearing: 'Hearing',
  mobility: 'Mobility',
  walking: 'Mobility',
  cognition: 'Cognition',
  remembering: 'Cognition',
  selfcare: 'SelfCare',
  communication: 'Communication',
};

function domainOf(name: string): FunctionalDomain | null {
  const key = name.toLowerCase().replace(/[^a-z]/g, '');
  return (Object.hasOwn(DOMAINS, key) ? DOMAINS[key] : undefined) ?? null;
}

/** The Washington Group's own answers, in words. */
const WORDS: readonly (readonly [RegExp, FunctionalScore])[] = [
  [/^no\b/, 1],
  [/^some\b/, 2],
  [/^(yes, )?a lot\b/, 3],
  [/^can ?not do\b/, 4],
];

function scoreOf(value: unknown): FunctionalScore | null {
  const text = textOf(value)?.trim().toLowerCase() ?? '';
  if (/^[1-4]$/.test(text)) return Number(text) as FunctionalScore;
  return WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** The day of a date or date-time as it is written, in the registry's own zone. */
function dateOf(value: unknown): string | null {
  const day = /^\d{4}-\d\d-\d\d/.exec(textOf(value) ?? '')?.[0];
  return day !== undefined && !Number.isNaN(Date.parse(day)) ? day : null;
}
