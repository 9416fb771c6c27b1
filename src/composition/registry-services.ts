import type { Logger } from 'pino';
import type { Settings } from '../config/schema.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import { SYSTEM_TIMING } from '../lib/timing.ts';
import type { OdooClient } from '../odoo/client.ts';
import { CallbackService } from '../registries/callback-service.ts';
import { KeptAnswers } from '../registries/kept-answers.ts';
import { Lookups } from '../registries/lookups.ts';
import { Registries } from '../registries/registries.ts';
import { SubscriptionBook } from '../registries/subscriptions.ts';
import { registryKeyring } from '../registry-keys/keyring.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import { ownKeyPorts } from './own-signer.ts';

export interface RegistryServiceDependencies {
  /** Null where there is none: then nothing is waited for or kept. */
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

/** The services that ask registries: the same for the bridge and for commands. */
export interface RegistryServices {
  registries: Registries;
  /** Null where there is no inbox. */
  kept: Kept | null;
  /** Ends what is under way in the background. */
  stop(): Promise<void>;
}

/** Creates the services that ask registries. */
export function registryServices(settings: Settings, deps: RegistryServiceDependencies): RegistryServices {
  const { inbox, odoo, ownKeys, senders, log } = deps;
  const answers = inbox && new KeptAnswers(inbox, SYSTEM_TIMING, settings.answers.pollMs);
  const subscriptions = inbox && new SubscriptionBook(inbox);
  const urls = [...settings.sources].flatMap(([code, { registryJwksUrl: url }]) =>
    url === undefined ? [] : [[code, url] as const],
  );
  const keyring = registryKeyring(
    { jwks: settings.jwks, urls: new Map(urls) },
    {
      documents: inbox ?? { getDocument: async () => null, putDocument: async () => {} },
      senders,
      log,
      clock: Date.now,
    },
  );
  const registries = new Registries(settings.sources, odoo, {
    ...ownKeyPorts(ownKeys),
    strangers: (source) => {
      log.warn({ source }, 'a registry answered with records of other people than the one asked about');
      deps.strangers?.(source);
    },
    naming: settings.matching,
    keysOf: (source) => keyring.keysOf(source),
    ...(answers ? { answers } : {}),
    ...(subscriptions ? { subscriptions } : {}),
    confirmationMs: settings.subscriptions.confirmationMs,
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
