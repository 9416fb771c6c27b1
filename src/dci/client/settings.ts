import type { Timing } from '../../lib/timing.ts';
import type { JsonObject } from '../json.ts';
import type { Sender } from '../verify.ts';
import type { Answers } from './answers.ts';
import type { Auth } from './auth.ts';
import type { Dialect } from './dialect.ts';
import type { Gate } from './gate.ts';
import type { Fetch } from './http.ts';
import type { Parties, RequestSigner } from './request.ts';
import type { RetryPolicy } from './retry.ts';

/** Where the operations are, after the base address. */
export interface Endpoints {
  search: string;
  asyncSearch: string;
  subscribe: string;
  unsubscribe: string;
  status: string;
  syncStatus: string;
}

/** SPDCI's own paths. */
export const DEFAULT_ENDPOINTS: Endpoints = {
  search: '/registry/sync/search',
  asyncSearch: '/registry/search',
  subscribe: '/registry/subscribe',
  unsubscribe: '/registry/unsubscribe',
  status: '/registry/txn/status',
  syncStatus: '/registry/sync/txn/status',
};

/** A registry's keys, where they may change. */
export interface RegistryKeys {
  /** The keys now; null where answers need not be signed. May reject with an `AnswerSignatureError`. */
  current(): Promise<Sender | null>;
  /**
   * Looks for new keys, because an answer is not signed with one of those that are known.
   *
   * @returns whether it is worth looking again
   */
  renew(): Promise<boolean>;
}

/** One registry, and how it is to be spoken to. */
export interface DciClientSettings {
  /** Our name of it, for errors: such as the data source's code. */
  registry: string;
  /** Such as `https://crvs.example.org/api`; endpoints are put behind it. */
  baseUrl: string;
  parties: Parties;
  dialect: Dialect;
  /** `reg_type` of searches and subscriptions, such as `ns:org:RegistryType:Civil`. */
  regType?: string | undefined;
  auth: Auth;
  endpoints?: Partial<Endpoints> | undefined;
  /** Signs our requests; as a function it is asked for each, so that it may follow a rotation. */
  signer?: RequestSigner | (() => RequestSigner | undefined) | undefined;
  /** The registry's keys: answers must then be signed with one of them. */
  verifyWith?: Sender | RegistryKeys | undefined;
  /** The `sender_id`s that its callbacks may have; `parties.receiverId` where left out. */
  answeredBy?: readonly string[] | undefined;
  /** Opens an encrypted `message` of an answer. */
  decrypt?: ((message: JsonObject) => Promise<JsonObject>) | undefined;
  /** Writes `subscription_code` where the specification has `subscription_codes`. */
  olderUnsubscribe?: boolean | undefined;
  /** Milliseconds for one attempt; 30,000 where left out. */
  timeoutMs?: number | undefined;
  /** Milliseconds that an asynchronous answer is waited for; 300,000 where left out. */
  answerTimeoutMs?: number | undefined;
  /** Requests under way at once; 8 where left out. */
  concurrency?: number | undefined;
  /** Requests that may begin in any second; as many as come where left out. Token requests do not count. */
  requestsPerSecond?: number | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Bytes; 10 MiB where left out. */
  maxAnswerBytes?: number | undefined;
}

/** What the client needs of its surroundings; each has a default, but for `answers`. */
export interface DciClientPorts {
  fetch?: Fetch | undefined;
  timing?: Timing | undefined;
  /** Receives callbacks; without it, asynchronous requests can be made, but not waited for. */
  answers?: Answers | undefined;
  /** Shared by clients of the same registry; one of its own where left out. */
  gate?: Gate | undefined;
}
