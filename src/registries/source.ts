import type { AlgorithmName } from '../dci/algorithms.ts';
import type { Auth } from '../dci/client/auth.ts';
import type { Endpoints } from '../dci/client/settings.ts';

/** How an OpenCRVS is asked: `predicate` for its DCI API of 1.x, the others for 2. */
export const QUERY_STYLES = ['predicate', 'idtype-value', 'expression', 'nested-expression'] as const;
export type QueryStyle = (typeof QUERY_STYLES)[number];

/** What is said of a source in one place; whatever is undefined is for another place to say. */
export interface SourceSettings {
  name?: string | undefined;
  registryType?: string | undefined;
  baseUrl?: string | undefined;
  dialect?: 'spdci' | 'opencrvs' | undefined;
  queryStyle?: QueryStyle | undefined;
  regType?: string | undefined;
  senderId?: string | undefined;
  callbackUri?: string | undefined;
  receiverId?: string | undefined;
  authType?: Auth['type'] | undefined;
  tokenUrl?: string | undefined;
  clientId?: string | undefined;
  clientSecret?: string | undefined;
  scope?: string | undefined;
  credentialLocation?: 'body' | 'query' | undefined;
  bearerToken?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  endpoints?: { [name in keyof Endpoints]?: string | undefined } | undefined;
  olderUnsubscribe?: boolean | undefined;
  verifyTls?: boolean | undefined;
  timeoutMs?: number | undefined;
  answerTimeoutMs?: number | undefined;
  concurrency?: number | undefined;
  /** Requests that may begin in any second. */
  requestsPerSecond?: number | undefined;
  /** Questions that go in one request where many are asked. */
  batchSize?: number | undefined;
  attempts?: number | undefined;
  signingKeyFile?: string | undefined;
  signingKeyId?: string | undefined;
  signatureForm?: 'http' | 'jws' | undefined;
  /** False sends requests unsigned. */
  signRequests?: boolean | undefined;
  registryKeyFile?: string | undefined;
  /** Where the registry publishes its keys. */
  registryJwksUrl?: string | undefined;
  registrySenderId?: string | undefined;
  registryKeyAlgorithm?: AlgorithmName | undefined;
  /** False takes answers without a good signature, although the registry's keys are known. */
  verifyAnswers?: boolean | undefined;
  /** False where the registry's records never repeat the identifier that was asked for. */
  repeatsIdentifiers?: boolean | undefined;
  /** True where the registry knows everybody, the living too. */
  populationRegister?: boolean | undefined;
  /** Where the registry is, such as `Africa/Kampala`: its dates that say a zone are those of that place. */
  timeZone?: string | undefined;
  /** Codes of OpenSPP's ID types to the registry's names of them. */
  identifierTypes?: Readonly<Record<string, string>> | undefined;
}

/** Where a source was found. */
export type SourceOrigin = 'openspp' | 'configuration' | 'both';

/** The settings of a source with the code it goes by. */
export interface FoundSource extends SourceSettings {
  code: string;
  origin: SourceOrigin;
}

/** A registry with all that it takes to ask it. */
export interface Source extends FoundSource {
  name: string;
  baseUrl: string;
  dialect: 'spdci' | 'opencrvs';
  senderId: string;
  receiverId: string;
  auth: Auth;
}
