import type { Logger } from 'pino';
import { answerSettings } from '../config/answers.ts';
import { matchingSettings } from '../config/matching.ts';
import type { Settings } from '../config/schema.ts';
import { sourceSettings } from '../config/sources.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import { SYSTEM_TIMING } from '../lib/timing.ts';
import type { OdooClient } from '../odoo/client.ts';
import { CallbackService } from '../registries/callback-service.ts';
import { KeptAnswers } from '../registries/kept-answers.ts';
import { Lookups } from '../registries/lookups.ts';
import { Registries } from '../registries/registries.ts';
import { SubscriptionBook } from '../registries/subscriptions.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import { ownKeyPorts } from './own-signer.ts';
import { registryKeyring } from './registry-keys.ts';

export interface RegistryServiceDependencies {
  /** Null where there is none: then nothing is waited for or remembered. */
  inbox: Inbox | null;
  /** OpenSPP; null where there is none. */
  odoo: OdooClient | null;
  ownKeys: OwnKeys;
  /** OpenSPP's senders; null where they are not read. */
  senders: Pick<SenderDirectory, 'find' | 'fetchForUnknownKey'> | null;
  log: Logger;
  /** Counts the answers with records of other people, by the code of the source. */
  strangers?: ((source: string) => void) | undefined;
}

/** What works over an inbox. */
interface Kept {
  subscriptions: SubscriptionBook;
  lookups: Lookups;
  callbacks: CallbackService;
}

/** All parts that ask registries, put together: the same for the bridge and for commands. */
export interface RegistryServices {
  registries: Registries;
  /** Null where there is no inbox. */
  kept: Kept | null;
  /** Ends what is under way in the background. */
  stop(): Promise<void>;
}

/** Puts together what asks registries. */
export function registryServices(settings: Settings, deps: RegistryServiceDependencies): RegistryServices {
  const { inbox, odoo, ownKeys, senders, log } = deps;
  const answers = inbox && new KeptAnswers(inbox, SYSTEM_TIMING, answerSettings(settings).pollMs);
  const subscriptions = inbox && new SubscriptionBook(inbox);
  const keyring = registryKeyring(settings, {
    documents: inbox ?? { getDocument: async () => null, putDocument: async () => {} },
    senders,
    log,
    clock: Date.now,
  });
  const registries = new Registries(sourceSettings(settings), odoo, {
    ...ownKeyPorts(ownKeys),
    strangers: (source) => {
      log.warn({ source }, 'a registry answered with records of other people than the one asked about');
      deps.strangers?.(source);
    },
    naming: matchingSettings(settings),
    keysOf: (source) => keyring.keysOf(source),
    ...(answers ? { answers } : {}),
    ...(subscriptions ? { subscriptions } : {}),
    confirmationMs: settings.subscriptions.confirmation_seconds * 1000,
  });
  const kept =
    inbox && answers && subscriptions
      ? {
          subscriptions,
          lookups: new Lookups(registries, inbox, answers),
          callbacks: new CallbackService(inbox, answers, subscriptions, log),
        }
      : null;
  return { registries, kept, stop: () => keyring.stop() };
}
