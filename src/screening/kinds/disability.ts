import type { OdooClient } from '../../odoo/client.ts';
import { assertDisabilityStatuses, writeDisabilities } from '../../registries/disability-cache.ts';
import { type DisabilityAnswer, disabilityAnswer } from '../../registries/dr-answers.ts';
import { bestIdentifier } from '../../registries/dr-service.ts';
import { type LookUpRules, NOBODY } from '../../registries/look-up.ts';
import type { Effect } from '../result.ts';
import { type Kind, unknownSaid } from './kind.ts';

/** An answer that is to be written into the disability status. */
export interface PendingStatus {
  /** `res.partner`. */
  id: number;
  answer: DisabilityAnswer;
}

/** Screening for disability: fills OpenSPP's disability status. */
export function disabilityKind(client: OdooClient, rules: LookUpRules): Kind<PendingStatus> {
  return {
    event: undefined,
    assertReady: () => assertDisabilityStatuses(client),
    askedBy(identifiers) {
      const best = bestIdentifier(identifiers);
      return best ? [best] : [];
    },
    read({ id }, [looked]) {
      const answer = looked ? disabilityAnswer(looked.own, rules) : NOBODY;
      const said =
        answer.kind === 'not_known'
          ? unknownSaid(answer)
          : { outcome: answer.kind === 'yes' ? ('disability' as const) : ('no_disability' as const) };
      return { said, pending: { id, answer } };
    },
    async settle(pending, answeredAt) {
      const written = await writeDisabilities(
        client,
        pending.map(({ id, answer }) => ({ partnerId: id, answer })),
        answeredAt,
      );
      return new Map<number, Effect>(written);
    },
    mayKeep: ({ effect }) => effect === 'recorded',
  };
}
