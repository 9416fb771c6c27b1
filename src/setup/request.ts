import type { AlgorithmName } from '../dci/algorithms.ts';

/** The sender that is to be registered. */
export interface NewSender {
  senderId: string;
  name: string;
  algorithm: Extract<AlgorithmName, 'ed25519' | 'rs256'>;
  /** PEM; null where its keys are fetched. */
  publicKey: string | null;
  jwksUrl: string | null;
}

/** What OpenSPP should have when all is done. */
export interface SetupRequest {
  login: string;
  /** The external id of the officers' group, such as `spp_registry.group_registry_officer`; null to find it. */
  officerGroup: string | null;
  /** The key that the settings have works already. */
  hasKey: boolean;
  /** Make another key even though the user has one. */
  newKey: boolean;
  /** Make no key, such as where two-factor login is enforced and a person makes it. */
  noKey: boolean;
  /** Leave the right to file change requests, and the companies that have registrants, to another person. */
  withoutChangeRequests: boolean;
  withoutCompanies: boolean;
  sender: NewSender | null;
  /** Make a registrant for a trial. */
  sampleRegistrant: boolean;
}
