import * as z from 'zod';
import type { NotKnown } from '../registries/answer.ts';
import type { BirthAnswer, DeathAnswer } from '../registries/crvs-answers.ts';
import type { UnsubscribeOutcome } from '../registries/crvs-service.ts';
import type { AssessmentAnswer, DisabilityAnswer } from '../registries/dr-answers.ts';
import type { DisabilitySync } from '../registries/dr-service.ts';
import type { RecordedDuplication } from '../registries/duplication-record.ts';
import type { BeneficiaryAnswer, EnrollmentAnswer } from '../registries/ibr-answers.ts';
import type { Beneficiary } from '../registries/ibr-records.ts';
import type { Asked, KeptReply } from '../registries/lookups.ts';
import { QUERY_STYLES } from '../registries/source.ts';
import type { ListedSource } from '../registries/sources.ts';
import type { KeptSubscription } from '../registries/subscriptions.ts';
import type { TestedSource } from '../registries/test-source.ts';

const text = z.string().min(1).max(1000);
const source = text.optional().describe('The code of a source; the service’s own where left out.');

/** What the routes that ask registries take. */
export const identifierBody = z.strictObject({ type: text, value: text, source });
export const lookupBody = identifierBody.extend({
  async: z
    .boolean()
    .optional()
    .describe('Let the registry answer later; `/api/answers` has the answer then.'),
});
export const registrantBody = z.strictObject({
  partnerId: z.int().positive().describe('The id of the registrant in OpenSPP (res.partner).'),
  source,
});
export const duplicationBody = z.strictObject({
  ...registrantBody.shape,
  record: z
    .boolean()
    .optional()
    .describe('Whether to write the outcome to OpenSPP’s duplication checks; true where left out.'),
});
export const subscriptionBody = z.strictObject({
  types: z.array(text).min(1).max(100).optional().describe('BIRTH and DEATH where left out.'),
  source,
});
export const codesBody = z.strictObject({ codes: z.array(text).min(1).max(1000), source });

const warnings = z.array(z.string()).describe('What works, and should not stay so.');

/** What they answer. */
export const listedSource = z
  .object({
    code: z.string(),
    name: z.string(),
    registryType: z.string().nullable(),
    baseUrl: z.string().nullable(),
    dialect: z.string(),
    authType: z.string().nullable(),
    origin: z.enum(['openspp', 'configuration', 'both']),
    problem: z.string().nullable().describe('What is missing, and how to put it right.'),
    warnings,
  })
  .meta({ id: 'Source' }) satisfies z.ZodType<ListedSource>;

export const testedSource = z
  .object({
    code: z.string(),
    ok: z.boolean(),
    status: z.int().nullable().describe('The HTTP status of its answer to a search.'),
    problem: z.string().nullable(),
    queryStyle: z.enum(QUERY_STYLES).nullable().describe('Of an OpenCRVS: the query_style that works.'),
    warnings,
  })
  .meta({ id: 'TestedSource' }) satisfies z.ZodType<TestedSource>;

const record = z.record(z.string(), z.unknown()).describe('As the registry writes it.');

/** The HTTP status of a look-up that ends in neither yes nor no. */
export const NOT_KNOWN_STATUS = 424;

const notKnownMembers = {
  kind: z.literal('not_known'),
  reason: z.enum([
    'refused',
    'pending',
    'unavailable',
    'unreadable',
    'nobody',
    'several',
    'other_person',
    'unidentified',
    'not_askable',
  ]),
  detail: z.string().describe('What happened and what to do; no personal data.'),
  code: z.string().nullable().describe('The kind of failure, where the question failed.'),
  transient: z.boolean().describe('Whether the same question may be answered later as it is.'),
};
export const notKnown = z.object(notKnownMembers).meta({ id: 'NotKnown' });

const yes = z.literal('yes');
const no = z.literal('no');
const day = z.string().nullable().describe('YYYY-MM-DD.');
export const birth = z.discriminatedUnion('kind', [
  z.object({ kind: yes, birthDate: day, record }),
  z.object({ kind: no }),
]);
export const death = z.discriminatedUnion('kind', [
  z.object({
    kind: yes,
    date: day,
    number: z.string().nullable().describe('Of the registration of the death.'),
    record,
  }),
  z.object({ kind: no, because: z.enum(['nothing_registered', 'registered_alive']) }),
]);

export const subscriptions = z.object({
  subscriptions: z.array(
    z.object({
      eventType: z.string(),
      state: z.enum(['subscribed', 'pending', 'failed']),
      codes: z.array(z.string()),
      transactionId: z.string().nullable(),
      correlationId: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
});

export const unsubscribed = z.object({
  status: z.string().nullable(),
  codes: z.array(z.object({ code: z.string(), status: z.string().nullable() })),
  transactionId: z.string(),
  correlationId: z.string().nullable(),
}) satisfies z.ZodType<UnsubscribeOutcome>;

const beneficiary = z
  .object({
    name: z.string().nullable(),
    identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
    programs: z.array(z.string()),
    record,
  })
  .meta({ id: 'Beneficiary' }) satisfies z.ZodType<Beneficiary>;

export const beneficiaries = z.discriminatedUnion('kind', [
  z.object({ kind: yes, beneficiaries: z.array(beneficiary) }),
  z.object({ kind: no }),
]);

const checked = z.array(
  z.object({
    type: z.string(),
    found: z.int(),
    outcome: z.enum(['yes', 'no', ...notKnownMembers.reason.options]),
  }),
);
const recorded = z
  .object({
    state: z.enum(['written', 'off', 'absent', 'forbidden', 'refused', 'unavailable']),
    id: z.int().nullable(),
  })
  .describe('Whether it was written to OpenSPP’s duplication checks (spp.dci.duplication.check).');
export const duplication = z.discriminatedUnion('kind', [
  z.object({
    kind: yes,
    matchedPrograms: z.array(z.string()),
    matches: z.array(beneficiary),
    checked,
    recorded,
  }),
  z.object({ kind: no, checked, recorded }),
]);
export const duplicationNotKnown = z.object({ ...notKnownMembers, checked, recorded });

export const enrollment = z.discriminatedUnion('kind', [
  z.object({ kind: yes, programs: z.array(z.string()), beneficiary }),
  z.object({ kind: no }),
]);

const score = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const scores = z
  .object({
    Vision: score.optional(),
    Hearing: score.optional(),
    Mobility: score.optional(),
    Cognition: score.optional(),
    SelfCare: score.optional(),
    Communication: score.optional(),
  })
  .describe('Washington Group: 1 no difficulty to 4 cannot do at all.');

const disabilityStatus = z
  .object({
    hasDisability: z.boolean(),
    disabilityTypes: z.array(z.string()),
    functionalScores: scores,
    assessmentDate: z.string().nullable().describe('YYYY-MM-DD.'),
    sourceRegistry: z.string().nullable(),
    record,
  })
  .meta({ id: 'DisabilityStatus' });

export const disability = z.discriminatedUnion('kind', [
  z.object({ kind: yes, status: disabilityStatus }),
  z.object({ kind: no, status: disabilityStatus }),
]);
const by = z.enum(['openspp', 'registry']).describe('Who said so.');
export const isPwd = z.discriminatedUnion('kind', [z.object({ kind: yes, by }), z.object({ kind: no, by })]);

export const assessment = z.object({
  kind: yes,
  assessment: z
    .object({ scores, assessmentDate: z.string().nullable() })
    .meta({ id: 'FunctionalAssessment' }),
});

export const disabilitySync = z.object({
  answer: z.union([disability, notKnown]),
  statusId: z.int().nullable().describe('The id of the row in OpenSPP (spp.dci.disability.status).'),
  created: z.boolean(),
});

/** Fails to compile where a schema says less or other than the service gives. */
type Gives<T, S extends z.ZodType> = T extends z.input<S> ? true : never;
type Known<A> = Exclude<A, { kind: 'not_known' }>;
true satisfies Gives<NotKnown, typeof notKnown>;
true satisfies Gives<Known<BirthAnswer>, typeof birth>;
true satisfies Gives<Known<DeathAnswer>, typeof death>;
true satisfies Gives<Known<BeneficiaryAnswer>, typeof beneficiaries>;
true satisfies Gives<Known<RecordedDuplication>, typeof duplication>;
true satisfies Gives<Known<EnrollmentAnswer>, typeof enrollment>;
true satisfies Gives<Known<DisabilityAnswer>, typeof disability>;
true satisfies Gives<Extract<AssessmentAnswer, { kind: 'yes' }>, typeof assessment>;
true satisfies Gives<DisabilitySync, typeof disabilitySync>;

export const asked = z.object({
  transactionId: z.string().describe('By which the answer is fetched.'),
  correlationId: z.string().nullable(),
}) satisfies z.ZodType<Asked>;

/** How long an answer that is not there may be waited for. */
const MAX_WAIT_SECONDS = 60;

export const answerQuery = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe('Seconds to wait for an answer that is not there yet.'),
});

export const keptReply = z
  .object({
    transactionId: z.string(),
    correlationId: z.string().nullable(),
    registry: z.string().describe('The code of the source.'),
    purpose: z.string(),
    askedAt: z.string(),
    state: z.enum(['pending', 'partial', 'answered', 'rejected', 'unreadable']),
    callbacks: z.int().describe('How many came so far.'),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What the look-up answers, also that it is not known (NotKnown).'),
    reasonCode: z.string().nullable().describe('The registry’s code where it refused.'),
  })
  .meta({ id: 'Answer' });
keptReply satisfies z.ZodType<Omit<KeptReply, 'result'>>;

export const keptSubscription = z
  .object({
    id: z.string().describe('The transaction that it was asked for with.'),
    source: z.string(),
    eventType: z.string(),
    state: z.enum(['pending', 'active', 'expired', 'rejected', 'ending', 'ended', 'replaced']),
    codes: z.array(z.string()).describe('By which it is ended.'),
    requestedAt: z.string(),
    confirmedAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    reasonCode: z.string().nullable(),
    reason: z.string().nullable(),
    endTransaction: z.string().nullable(),
    renewal: z.object({
      failures: z.int(),
      nextAt: z.string().nullable(),
      error: z.string().nullable(),
      by: z.string().nullable(),
    }),
  })
  .meta({ id: 'Subscription' }) satisfies z.ZodType<KeptSubscription>;
