import { ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { Answer, NotKnown } from './answer.ts';
import { type LookUpRules, NOBODY, NOT_ALL, type OwnRecords, readOwn } from './look-up.ts';
import { readBirthDate, readDeath } from './vital-records.ts';

/** A birth: yes, it is registered, with its record; no, none is. */
export type BirthAnswer = Answer<{
  /** `YYYY-MM-DD`; null where the record has none. */
  birthDate: string | null;
  /** As the registry writes it. */
  record: Plain;
}>;

/** A death: yes, it is registered; no, none is, or the registry has the person as living. */
export type DeathAnswer = Answer<
  {
    /** `YYYY-MM-DD`; null where the registry gives none. */
    date: string | null;
    /** The number of its registration; null where the registry gives none. */
    number: string | null;
    /** As the registry writes it. */
    record: Plain;
  },
  { because: 'nothing_registered' | 'registered_alive' }
>;

/** What the records of a search for births say. */
export function birthAnswer(own: OwnRecords | NotKnown, rules: LookUpRules): BirthAnswer {
  if (own.kind === 'not_known') return own;
  return readOwn<BirthAnswer>(own, rules, ([record]) =>
    record ? { kind: 'yes', birthDate: readBirthDate(record, rules.zone), record } : { kind: 'no' },
  );
}

/**
 * What the records of a search for deaths say. Nothing found is "no death registered"; of a population register, which
 * has the living too, it is nobody known by that identifier.
 */
export function deathAnswer(own: OwnRecords | NotKnown, rules: LookUpRules): DeathAnswer {
  if (own.kind === 'not_known') return own;
  return readOwn<DeathAnswer>(own, rules, (records) => {
    if (records.length === 0) {
      return rules.populationRegister ? NOBODY : { kind: 'no', because: 'nothing_registered' };
    }
    const read = records.map((record) => ({
      record,
      ...readDeath(record, rules.naming, rules.now(), rules.zone),
    }));
    const deaths = read.filter((one) => one.dead);
    const [death] = deaths;
    if (!death) return own.isAll ? { kind: 'no', because: 'registered_alive' } : NOT_ALL;
    if (deaths.length < read.length) {
      throw new ShapeError(
        'the records contradict each other: by one the person is dead, by another one living',
      );
    }
    const { date, number, record } = deaths.find((one) => one.date !== null) ?? death;
    if (deaths.some((one) => one.date !== null && one.date !== date)) {
      throw new ShapeError('the records have two dates of death');
    }
    return { kind: 'yes', date, number, record };
  });
}
