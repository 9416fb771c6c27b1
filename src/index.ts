/**
 * What other TypeScript programs may use of the bridge: a client for registries that speak DCI, and the services over
 * civil, beneficiary and disability registries.
 *
 * @example
 * import { connectOdoo, Registries } from 'openspp-crvs-bridge';
 *
 * const odoo = connectOdoo({ url, db, login, apiKey, protocol: 'auto', timeoutMs: 30_000 });
 * const registries = new Registries(new Map([['crvs_main', { clientSecret }]]), odoo);
 * const crvs = await registries.crvs();
 * const answer = await crvs.verifyBirth('BRN', '2020-12345');
 * if (answer.kind === 'yes') show(answer.record);
 *
 * And for modules that a country adds to its bridge (docs/extensions.md), `defineExtension` with its types.
 *
 * @module
 */
export {
  type Answers,
  type CallbackAction,
  type CallbackAnswer,
  type ExpectedAnswer,
  MemoryAnswers,
  type Question,
} from './dci/client/answers.ts';
export type { Auth } from './dci/client/auth.ts';
export {
  type CallOptions,
  DciClient,
  type Reply,
  type SearchCallOptions,
  type Searched,
  type SearchPage,
} from './dci/client/client.ts';
export type { Dialect } from './dci/client/dialect.ts';
export { opencrvs } from './dci/client/dialect-opencrvs.ts';
export { opencrvs2, opencrvsExpression } from './dci/client/dialect-opencrvs2.ts';
export { spdci } from './dci/client/dialect-spdci.ts';
export { DciClientError, type DciClientErrorCode } from './dci/client/errors.ts';
export type { SubscribeOptions, TransactionQuery } from './dci/client/messages.ts';
export type { Plain } from './dci/client/plain.ts';
export type {
  Comparison,
  PredicateLine,
  PredicateOperator,
  Query,
  RegistryEvent,
  SearchOptions,
} from './dci/client/query.ts';
export type { Parties, RequestSigner } from './dci/client/request.ts';
export type { RetryPolicy } from './dci/client/retry.ts';
export type { Found, Pagination, SearchAnswer } from './dci/client/search-answer.ts';
export type { DciClientPorts, DciClientSettings, Endpoints } from './dci/client/settings.ts';
export type { Subscription, TransactionStatus, Unsubscribed } from './dci/client/subscription-answer.ts';
export { dayOf } from './events/dates.ts';
export type { Identifier, VitalEventType } from './events/vital-event.ts';
export {
  type AnnouncedEvent,
  defineExtension,
  EventRefused,
  EXTENSION_API,
  type Extension,
  type ExtensionDialect,
  type ExtensionEvent,
  type ExtensionOdoo,
  type ExtensionRule,
  type ExtensionRuleInput,
  type FieldValues,
  type FoundPerson,
  type HookTools,
  MessageRefused,
} from './extensions/extension.ts';
export { type PlainJson, textAt, valueAt } from './extensions/plain.ts';
export { connectOdoo } from './odoo/connect.ts';
export { OdooError } from './odoo/errors.ts';
export type { Registrant } from './openspp/registrant.ts';
export type { Change } from './openspp/rules/rule.ts';
export {
  type Answer,
  type NotKnown,
  type NotKnownReason,
  notKnown,
  notKnownBecause,
} from './registries/answer.ts';
export type { BirthAnswer, DeathAnswer } from './registries/crvs-answers.ts';
export {
  CrvsService,
  type CrvsServiceOptions,
  SubscriptionError,
  type SubscriptionOutcome,
  type UnsubscribeOutcome,
} from './registries/crvs-service.ts';
export type { AssessmentAnswer, DisabilityAnswer } from './registries/dr-answers.ts';
export type {
  DisabilityStatus,
  FunctionalAssessment,
  FunctionalDomain,
  FunctionalScore,
  FunctionalScores,
} from './registries/dr-records.ts';
export { type DisabilitySync, DrService } from './registries/dr-service.ts';
export type { RecordedCheck, RecordedDuplication, RecordState } from './registries/duplication-record.ts';
export { RegistriesError, type RegistriesErrorCode } from './registries/errors.ts';
export type {
  BeneficiaryAnswer,
  CheckedIdentifier,
  DuplicationAnswer,
  EnrollmentAnswer,
} from './registries/ibr-answers.ts';
export type { Beneficiary } from './registries/ibr-records.ts';
export { type AskedRegistrant, IbrService } from './registries/ibr-service.ts';
export type { AskedOf, LookUpRules } from './registries/look-up.ts';
export { Registries, type RegistriesPorts } from './registries/registries.ts';
export type { QueryStyle, Source, SourceSettings } from './registries/source.ts';
export { type SourceWarning, sourceWarnings } from './registries/source-warnings.ts';
export { DEFAULT_SOURCES, type ListedSource, Sources } from './registries/sources.ts';
export type { KeptSubscription, SubscriptionState, Subscriptions } from './registries/subscriptions.ts';
