import type { Logger } from 'pino';
import { registryKeySettings, registryKeySources } from '../config/registry-keys.ts';
import type { Settings } from '../config/schema.ts';
import { fetchSettings } from '../config/senders.ts';
import { AnswerSignatureError } from '../dci/client/read-body.ts';
import type { RegistryKeys } from '../dci/client/settings.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Source } from '../registries/source.ts';
import { fetchJwks } from '../senders/jwks/fetch.ts';
import { KeySets, KeysPendingError } from '../senders/jwks/key-sets.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';

export interface RegistryKeyDependencies {
  documents: Pick<Inbox, 'getDocument' | 'putDocument'>;
  /** OpenSPP's senders; null where there are none. */
  senders: Pick<SenderDirectory, 'find' | 'fetchForUnknownKey'> | null;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** The keys that registries' answers must be signed with, where no file holds them. */
export interface RegistryKeyring {
  keysOf(source: Source): RegistryKeys | undefined;
  /** Ends what is under way, and resolves once what was fetched is kept. */
  stop(): Promise<void>;
}

/**
 * Keys from a source's `registry_jwks_url`: fetched when they are first needed and when they are due, kept in the inbox,
 * and fetched for an unknown kid once in the cool-down. Or else those of the sender that `registry_sender_id` names.
 */
export function registryKeyring(settings: Settings, deps: RegistryKeyDependencies): RegistryKeyring {
  const { clock, log, documents, senders } = deps;
  const sets = new KeySets(registryKeySettings(settings), {
    documents,
    // A source has no limits of its own, as a sender may.
    fetch: ({ url }, signal) => fetchJwks(url, { ...fetchSettings(settings, ''), signal }),
    log,
    clock,
  });
  let loading: Promise<void> | null = null;
  const loaded = () => {
    loading ??= sets.load().then(() => sets.follow(registryKeySources(settings)));
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  return {
    keysOf(source) {
      if (source.registryJwksUrl !== undefined) return fetched(source, sets, loaded, clock);
      if (source.registrySenderId === undefined) return undefined;
      return registered(source, source.registrySenderId, senders);
    },
    async stop() {
      sets.stop();
      await sets.kept();
    },
  };
}

function fetched(
  { code, registrySenderId, receiverId }: Source,
  sets: KeySets,
  loaded: () => Promise<void>,
  clock: () => number,
): RegistryKeys {
  return {
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
    renew: () => sets.fetchForUnknown(code).catch(pending),
  };
}

/** A registry whose keys are those of a sender of OpenSPP: where they are not there, no answer is taken. */
function registered(
  { code }: Source,
  senderId: string,
  senders: Pick<SenderDirectory, 'find' | 'fetchForUnknownKey'> | null,
): RegistryKeys {
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
      const sender = senders?.find(senderId);
      return sender && senders ? senders.fetchForUnknownKey(sender.senderId, '').catch(pending) : false;
    },
  };
}

function pending(error: unknown): false {
  if (error instanceof KeysPendingError) return false;
  throw error;
}
