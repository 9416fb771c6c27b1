import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { read } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { type DuplicationCheck, recordDuplicationChecks } from '../openspp/duplication-check.ts';
import { duplicationTextsIn } from '../openspp/texts/duplication.ts';
import { OTHER_MODEL } from '../openspp/vocabulary.ts';
import type { DuplicationAnswer } from './ibr-answers.ts';
import type { SentIdentifier } from './registrant-identifiers.ts';

/**
 * Whether a check was written where OpenSPP's users look for them. `off`: that was not wanted. `absent`: this OpenSPP
 * keeps no such checks. `forbidden`: the bridge's user may not add any. `refused`: Odoo did not take this one.
 * `unavailable`: Odoo did not answer.
 */
export type RecordState = 'written' | 'off' | 'absent' | 'forbidden' | 'refused' | 'unavailable';

export interface RecordedCheck {
  state: RecordState;
  /** The row in OpenSPP (`spp.dci.duplication.check`); null where there is none. */
  id: number | null;
}

/** An answer, and whether it was written. */
export type RecordedDuplication = DuplicationAnswer & { recorded: RecordedCheck };

/**
 * Writes one check. Never rejects for what Odoo does: the answer of the registry is still worth giving.
 *
 * @param checkIn the check with its texts in a language, that of the bridge's user in OpenSPP; null for none to write
 */
export async function recordDuplication(
  odoo: OdooClient,
  checkIn: (language: string) => DuplicationCheck | null,
): Promise<RecordedCheck> {
  try {
    const [user] = await read(odoo, OTHER_MODEL.user, [await odoo.uid()], ['lang']);
    const check = checkIn(text(user?.lang) ?? 'en_US');
    if (check === null) return { state: 'off', id: null };
    const outcome = await recordDuplicationChecks(odoo, [check]);
    if (outcome.kind !== 'recorded') return { state: outcome.kind, id: null };
    const [row] = outcome.rows;
    return row ? { state: 'written', id: row.id } : { state: 'refused', id: null };
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    return { state: 'unavailable', id: null };
  }
}

/**
 * What is written of an answer: the identifier that led to a match, else the first that was asked for.
 *
 * @param identifiers those that were asked for, in the order of the answer's `checked`
 * @param checkedAt milliseconds since the epoch
 * @param language of the bridge's user in OpenSPP, such as `fr_FR`: the sentence of a failure is in it
 * @returns null where there was no identifier to ask for: OpenSPP keeps no check without one
 */
export function duplicationCheckOf(
  partnerId: number,
  identifiers: readonly SentIdentifier[],
  answer: DuplicationAnswer,
  source: string,
  checkedAt: number,
  language = 'en_US',
): DuplicationCheck | null {
  const matched = answer.checked.findIndex(({ outcome }) => outcome === 'yes');
  const identifier = identifiers[Math.max(0, matched)];
  if (!identifier) return null;
  return { partnerId, identifier, outcome: outcomeOf(answer, language), checkedAt, source };
}

function outcomeOf(answer: DuplicationAnswer, language: string): DuplicationCheck['outcome'] {
  switch (answer.kind) {
    case 'yes':
      return { kind: 'confirmed_match', programs: answer.matchedPrograms };
    case 'no':
      return { kind: 'no_match' };
    case 'not_known':
      return {
        kind: 'failed',
        sentence: duplicationTextsIn(language).failed(answer.reason, answer.detail),
      };
  }
}
