import type { InboxWriter } from '../../backfill/inbox-writer.ts';
import type { AskedRegistry } from '../../backfill/record-message.ts';
import type { JsonObject } from '../../dci/json.ts';
import { nodeOf } from '../../dci/sign.ts';
import { isRevoked } from '../../events/status.ts';
import { SYSTEM_TIMING, type Timing } from '../../lib/timing.ts';
import type { NotKnown } from '../../registries/answer.ts';
import { type DeathAnswer, deathAnswer } from '../../registries/crvs-answers.ts';
import { isSameType } from '../../registries/identifier-names.ts';
import type { LookUpRules } from '../../registries/look-up.ts';
import { identifiersOf } from '../../registries/records.ts';
import type { SentIdentifier } from '../../registries/registrant-identifiers.ts';
import { deathMessage, type PendingDeath } from '../death-message.ts';
import type { Effect } from '../result.ts';
import { type Kind, type Looked, type Registrant, type Said, unknownSaid } from './kind.ts';

/** Where deaths are filed. */
export interface DeathFiling {
  writer: InboxWriter;
  registry: AskedRegistry;
  /** The code of the source. */
  source: string;
  timing?: Timing | undefined;
}

/** @param filing null where deaths are reported only */
export function deathsKind(rules: LookUpRules, filing: DeathFiling | null): Kind<PendingDeath> {
  return {
    event: 'death',
    async assertReady() {},
    // A death may be registered under any of them.
    askedBy: (identifiers) => identifiers,
    read(registrant, looked) {
      const { said, death } = readDeaths(registrant, looked, rules);
      return { said, pending: filing && death };
    },
    settle: (pending, _answeredAt, signal) => file(pending, filing, signal),
    mayKeep: ({ outcome, effect }) =>
      filing === null || outcome !== 'deceased' || effect === 'filed' || effect === 'known',
  };
}

async function file(
  pending: readonly PendingDeath[],
  filing: DeathFiling | null,
  signal: AbortSignal,
): Promise<Map<number, Effect>> {
  const effects = new Map<number, Effect>();
  if (!filing || pending.length === 0) return effects;
  const { writer, registry, source, timing = SYSTEM_TIMING } = filing;
  await writer.wait(signal);
  const messages = pending.map((death) => deathMessage(death, source, registry, timing.now()));
  const receipts = await writer.accept(messages, signal);
  for (const [at, { id }] of pending.entries()) {
    effects.set(id, receipts[at]?.kind === 'created' ? 'filed' : 'known');
  }
  return effects;
}

type Yes = Extract<DeathAnswer, { kind: 'yes' }>;
type Found = { identifier: SentIdentifier; answer: Yes };

/**
 * Puts the answers under all identifiers of a registrant together. Found dead under one is enough, where nothing speaks
 * against it: another answer that has the person alive or dead on another day, or a record that names another number
 * than OpenSPP does. Alive takes a plain no; an identifier that the registry cannot be asked by, or that a population
 * register does not know, takes nothing from a no under another one.
 */
function readDeaths(
  registrant: Registrant,
  looked: readonly Looked[],
  rules: LookUpRules,
): { said: Said; death: PendingDeath | null } {
  const answers = looked.map(({ identifier, own }) => ({ identifier, answer: deathAnswer(own, rules) }));
  const found = answers.filter((one): one is Found => one.answer.kind === 'yes');
  const living = answers.flatMap(({ answer }) => (answer.kind === 'no' ? [answer.because] : []));
  const unknown = answers.flatMap(({ answer }) => (answer.kind === 'not_known' ? [answer] : []));
  const isAlive = living.includes('registered_alive');
  if (found.length > 0) {
    const against = objection(registrant, found, isAlive, rules);
    if (against !== null) return { said: contradiction(against), death: null };
    const { identifier, answer } = found.find((one) => one.answer.date !== null) ?? (found[0] as Found);
    const { date, number, record } = answer;
    return {
      said: {
        outcome: 'deceased',
        ...(date === null ? {} : { date }),
        ...(number === null ? {} : { number }),
      },
      death: { id: registrant.id, identifier, date, record },
    };
  }
  const inTheWay = unknown.find(({ reason }) => reason !== 'not_askable' && reason !== 'nobody');
  if (living.length > 0 && !inTheWay) {
    const reason = isAlive ? 'registered_alive' : 'nothing_registered';
    return { said: { outcome: 'alive', reason }, death: null };
  }
  return { said: unknownSaid(inTheWay ?? (unknown[0] as NotKnown)), death: null };
}

function objection(
  { identifiers }: Registrant,
  found: readonly Found[],
  isAlive: boolean,
  { naming }: LookUpRules,
): string | null {
  if (isAlive) return 'by one identifier the registry has the person as dead, by another one as living';
  const dates = new Set(found.flatMap(({ answer }) => answer.date ?? []));
  if (dates.size > 1) return 'the identifiers lead to deaths on different days';
  for (const { answer } of found) {
    if (isRevoked(nodeOf(answer.record) as JsonObject))
      return 'the registration of the death is not in force';
    for (const { type, value } of identifiersOf(answer.record)) {
      const own = identifiers.filter((one) => isSameType(one.type, type, naming));
      if (own.length > 0 && !own.some((one) => one.value === value)) {
        return 'the record of the death carries another number of the same type than OpenSPP: it may be of somebody else';
      }
    }
  }
  return null;
}

const contradiction = (detail: string): Said => ({ outcome: 'not_known', reason: 'contradiction', detail });
