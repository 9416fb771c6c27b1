import type { RegistrantPatch } from '../registrant.ts';
import { textsIn } from '../texts/index.ts';
import { type Change, NO_CHANGE, type PastEvent, type Rule, RuleError, type RuleInput } from './rule.ts';

interface CivilStatus {
  type: 'marriage' | 'divorce';
  /** The code in the United Nations' vocabulary. */
  code: 'M' | 'D';
  /** The value of the older `civil_status` field. */
  word: 'married' | 'divorced';
}

/** What each of them makes of the registrant. */
export const STATUS = {
  marriage: { type: 'marriage', code: 'M', word: 'married' },
  divorce: { type: 'divorce', code: 'D', word: 'divorced' },
} as const satisfies Record<string, CivilStatus>;

/**
 * A marriage or a divorce sets the civil status, unless a later one is applied already (they arrive in any order),
 * or the registrant was dead by then.
 */
export function civilStatusRule(status: CivilStatus): Rule {
  return (input): Change => {
    const { event, past, openspp } = input;
    const texts = textsIn(openspp.language).civilStatus;
    const unchanged = (reason: string) => ({ ...NO_CHANGE, notes: [texts.unchanged(reason)] });
    const deaths = past.filter(({ type }) => type === 'death').map(({ date }) => date);
    if (input.registrant.deathDate) deaths.push(input.registrant.deathDate);
    const death = deaths.sort()[0];
    if (event.date !== null && death !== undefined && event.date > death) {
      return unchanged(texts.afterDeath(event.type, event.date, death));
    }
    // One that was dated after the death was not applied, so it does not win over this one.
    const later = past
      .filter((one): one is PastEvent & { type: 'marriage' | 'divorce' } => one.type !== 'death')
      .filter(({ date }) => death === undefined || date <= death)
      .filter(({ date }) => event.date !== null && date > event.date)
      .sort((a, b) => (a.date < b.date ? 1 : -1))[0];
    if (later && input.corrects && isNow(status, input)) {
      // It was the later one of the two before, and so won.
      return changeTo(STATUS[later.type], input);
    }
    if (later) return unchanged(texts.laterApplied(later.type, later.date));
    return changeTo(status, input);
  };
}

/** Whether the registrant has this status now. */
function isNow(status: CivilStatus, input: RuleInput): boolean {
  return Object.keys(patchOf(status, input)).length === 0;
}

function changeTo(status: CivilStatus, input: RuleInput): Change {
  const texts = textsIn(input.openspp.language).civilStatus;
  const patch = patchOf(status, input);
  if (Object.keys(patch).length === 0) return { ...NO_CHANGE, notes: [texts.is[status.type]] };
  return { ...NO_CHANGE, patch, done: [texts.is[status.type]] };
}

function patchOf({ code, word }: CivilStatus, { registrant, openspp }: RuleInput): RegistrantPatch {
  const texts = textsIn(openspp.language).civilStatus;
  if (registrant.civilStatusId !== undefined) {
    const id = openspp.civilStatus.get(code);
    if (id === undefined) throw new RuleError(texts.noCode(code));
    return registrant.civilStatusId === id ? {} : { civil_status_id: id };
  }
  if (registrant.civilStatus !== undefined) {
    const values = openspp.registrant.get('civil_status')?.selection?.map(([value]) => value);
    const value = values ? values.find((one) => one.toLowerCase() === word || one === code) : word;
    if (value === undefined) throw new RuleError(texts.noValue(word));
    return registrant.civilStatus === value ? {} : { civil_status: value };
  }
  throw new RuleError(texts.noField);
}
