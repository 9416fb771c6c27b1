import { textsIn } from '../texts/index.ts';
import { RuleError, type RuleInput } from './rule.ts';

/** Nobody marries before this age, in years; what says so is about somebody else or has a wrong date. */
const YOUNGEST = 10;

/**
 * Refuses an event whose date cannot be, with what OpenSPP knows of the registrant: it is about somebody else, or a
 * date is wrong, and a person must look.
 *
 * @throws RuleError
 */
export function refuseImplausible({ event, registrant, openspp, past }: RuleInput): void {
  const { type, date } = event;
  if (date === null) return;
  const texts = textsIn(openspp.language).implausible;
  const { birthdate } = registrant;
  if (type === 'birth') {
    const death = deathOf(registrant.deathDate, past);
    if (death !== null && date > death)
      throw new RuleError(texts.birthAfterDeath(date, death), 'event.implausible');
    return;
  }
  if (birthdate === null) return;
  if (type === 'death') {
    if (date < birthdate) throw new RuleError(texts.deathBeforeBirth(date, birthdate), 'event.implausible');
    return;
  }
  if (date < yearsLater(birthdate, YOUNGEST)) {
    throw new RuleError(texts.tooYoung(date, birthdate), 'event.implausible');
  }
}

function deathOf(kept: string | null | undefined, past: RuleInput['past']): string | null {
  if (kept) return kept;
  return past.find(({ type }) => type === 'death')?.date ?? null;
}

/** The same day so many years later, `YYYY-MM-DD`; only to be compared with. */
function yearsLater(day: string, years: number): string {
  return `${String(Number(day.slice(0, 4)) + years).padStart(4, '0')}${day.slice(4)}`;
}
