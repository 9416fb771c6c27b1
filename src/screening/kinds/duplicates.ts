import type { OdooClient } from '../../odoo/client.ts';
import { OdooError } from '../../odoo/errors.ts';
import { searchRead } from '../../odoo/orm.ts';
import { many2oneId, odooDatetime } from '../../odoo/values.ts';
import { type DuplicationOutcome, recordDuplicationChecks } from '../../openspp/duplication-check.ts';
import { OTHER_MODEL } from '../../openspp/vocabulary.ts';
import {
  beneficiaryAnswer,
  type DuplicationAnswer,
  duplicationAnswer,
} from '../../registries/ibr-answers.ts';
import type { LookUpRules } from '../../registries/look-up.ts';
import type { SentIdentifier } from '../../registries/registrant-identifiers.ts';
import type { Effect } from '../result.ts';
import { type Kind, type Looked, type Registrant, type Said, unknownSaid } from './kind.ts';

/** A check that is to be recorded. */
export interface PendingCheck {
  /** `res.partner`. */
  id: number;
  /** That led to the match, else the first that was asked by. */
  identifier: SentIdentifier;
  outcome: DuplicationOutcome;
}

/** @param source the code of the source that is asked */
export function duplicatesKind(client: OdooClient, rules: LookUpRules, source: string): Kind<PendingCheck> {
  return {
    event: undefined,
    async assertReady() {},
    // A no takes a no under each.
    askedBy: (identifiers) => identifiers,
    read: (registrant, looked) => readDuplicates(registrant, looked, rules),
    settle: (pending, answeredAt) => record(client, pending, answeredAt, source),
    // One without an effect was cut off before it was recorded.
    mayKeep: ({ effect }) => effect !== undefined,
  };
}

function readDuplicates(
  { id }: Registrant,
  looked: readonly Looked[],
  rules: LookUpRules,
): { said: Said; pending: PendingCheck | null } {
  const answers = looked.map(({ identifier, own }) => ({
    identifier,
    type: identifier.type,
    answer: beneficiaryAnswer(own, rules),
  }));
  const answer = duplicationAnswer(answers);
  const identifier = (answers.find((one) => one.answer.kind === 'yes') ?? answers[0])?.identifier;
  return {
    said: saidOf(answer),
    pending: identifier ? { id, identifier, outcome: outcomeOf(answer) } : null,
  };
}

function saidOf(answer: DuplicationAnswer): Said {
  if (answer.kind === 'not_known') return unknownSaid(answer);
  if (answer.kind === 'no') return { outcome: 'no_duplicate' };
  return { outcome: 'duplicate', programs: answer.matchedPrograms };
}

function outcomeOf(answer: DuplicationAnswer): DuplicationOutcome {
  if (answer.kind === 'not_known') return { kind: 'failed', sentence: answer.detail };
  if (answer.kind === 'no') return { kind: 'no_match' };
  return { kind: 'confirmed_match', programs: answer.matchedPrograms };
}

/** Writes the checks that are not there yet: a run that was killed may have written some of them. */
async function record(
  client: OdooClient,
  pending: readonly PendingCheck[],
  answeredAt: number,
  source: string,
): Promise<Map<number, Effect>> {
  const effects = new Map<number, Effect>();
  for (const id of await recordedAt(client, pending, answeredAt)) effects.set(id, 'recorded');
  const checks = pending
    .filter(({ id }) => !effects.has(id))
    .map(({ id, identifier, outcome }) => ({
      partnerId: id,
      identifier,
      outcome,
      checkedAt: answeredAt,
      source,
    }));
  const recorded = await recordDuplicationChecks(client, checks);
  if (recorded.kind !== 'recorded') {
    for (const { partnerId } of checks) effects.set(partnerId, recorded.kind);
    return effects;
  }
  for (const { check } of recorded.rows) effects.set(check.partnerId, 'recorded');
  for (const { partnerId } of recorded.refused) effects.set(partnerId, 'refused');
  return effects;
}

async function recordedAt(
  client: OdooClient,
  pending: readonly PendingCheck[],
  answeredAt: number,
): Promise<number[]> {
  if (pending.length === 0) return [];
  try {
    const rows = await searchRead(
      client,
      OTHER_MODEL.duplicationCheck,
      [
        ['partner_id', 'in', pending.map(({ id }) => id)],
        ['check_date', '=', odooDatetime(answeredAt)],
      ],
      ['partner_id'],
    );
    return rows.map((row) => many2oneId(row.partner_id)).filter((id) => id !== null);
  } catch (error) {
    // Whether they may be written is for the writing to say.
    if (error instanceof OdooError && !error.transient) return [];
    throw error;
  }
}
