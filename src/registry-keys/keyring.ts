import type { Logger } from 'pino';
import { AnswerSignatureError } from '../dci/client/read-body.ts';
import type { RegistryKeys } from '../dci/client/settings.ts';
import type { Sender } from '../dci/verify.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { type FetchPolicy, fetchJwks } from './fetch.ts';
import { KeySets, type KeySetsSettings, KeysPendingError } from './key-sets.ts';

/** What a source says about the keys of its registry. */
interface KeyringSource {
  code: string;
  receiverId: string;
  registryJwksUrl?: string | undefined;
  registrySenderId?: string | undefined;
}

export interface KeyringSettings {
  jwks: Omit<KeySetsSettings, 'owner'> & FetchPolicy;
  /** The JWKS URLs of the sources, by code. */
  urls: ReadonlyMap<string, string>;
}

/** OpenSPP's CRVS senders, as far as their keys are those of a source. */
interface RegisteredSenders {
  find(senderId: string): Sender | undefined;
  fetchForUnknownKey(senderId: string, kid: string): Promise<boolean>;
}

export interface KeyringDependencies {
  documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  /** Null where no OpenSPP is connected. */
  senders: RegisteredSenders | null;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** The keys that registries' answers must be signed with, where no file holds them. */
export interface RegistryKeyring {
  keysOf(source: KeyringSource): RegistryKeys | undefined;
  /** Ends what is under way, and resolves once what was fetched is kept. */
  stop(): Promise<void>;
}

/**
 * Keys from a source's `registry_jwks_url`: fetched when they are first needed and when they are due, kept in the inbox,
 * and fetched for an unknown kid once in the cool-down. Otherwise the keys of the sender that `registry_sender_id` names.
 */
export function registryKeyring({ jwks, urls }: KeyringSettings, deps: KeyringDependencies): RegistryKeyring {
  const { clock, log, documents, senders } = deps;
  const sets = new KeySets(
    { ...jwks, owner: 'sources' },
    // A source has no limits of its own, as a sender may.
    { documents, fetch: ({ url }, signal) => fetchJwks(url, { ...jwks, signal }), log, clock },
  );
  let loading: Promise<void> | null = null;
  const loaded = () => {
    loading ??= sets.load().then(() => sets.follow([...urls].map(([senderId, url]) => ({ senderId, url }))));
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  const fetched = ({ code, registrySenderId, receiverId }: KeyringSource): RegistryKeys => ({
    async current() {
      await loaded();
      if ((sets.of(code)?.state.dueAt ?? 0) <= clock()) await sets.fetch(code);
      const known = sets.of(code);
      if (!known || known.keys.length === 0) {
        const problem = known?.state.problem ?? 'jwks.no_keys';
        throw new AnswerSignatureError(`the registry's keys could not be fetched (${problem})`);
      }
      return { senderId: registrySenderId ?? receiverId, keys: known.keys };
    },
    renew: () => sets.fetchForUnknown(code).catch(falseWherePending),
  });
  return {
    keysOf(source) {
      if (source.registryJwksUrl !== undefined) return fetched(source);
      if (source.registrySenderId === undefined) return undefined;
      return keysOfSender(source.code, source.registrySenderId, senders);
    },
    async stop() {
      sets.stop();
      await sets.kept();
    },
  };
}

/** The keys of a sender of OpenSPP. Without that sender, no answer of the registry is accepted. */
function keysOfSender(code: string, senderId: string, senders: RegisteredSenders | null): RegistryKeys {
  return {
    async current() {
      const sender = senders?.find(senderId);
      if (sender) return { ...sender, senderId };
      const why = senders
        ? 'OpenSPP has no active CRVS sender of that name: register it there'
        : 'its keys are in OpenSPP, and there is none here: set odoo.url (ODOO_URL)';
      throw new AnswerSignatureError(
        `sources.${code}.registry_sender_id cannot be verified with, since ${why}; or set registry_jwks_url or ` +
          'registry_key_file, or verify_answers: false to take answers as they are',
      );
    },
    async renew() {
      return senders?.find(senderId)
        ? senders.fetchForUnknownKey(senderId, '').catch(falseWherePending)
        : false;
    },
  };
}

function falseWherePending(error: unknown): false {
  if (error instanceof KeysPendingError) return false;
  throw error;
}
