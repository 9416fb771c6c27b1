import type { Logger } from 'pino';
import type { Settings } from '../config/schema.ts';
import { fetchSettings, keySetsSettings } from '../config/senders.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { fetchJwks } from '../senders/jwks/fetch.ts';
import { KeySets } from '../senders/jwks/key-sets.ts';
import { storeKey } from '../senders/odoo-keys.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';
import type { OdooAccess } from './odoo.ts';

/** Fetches the keys of senders with a JWKS URL, and stores them in Odoo where the bridge's user may. */
export function keySets(
  settings: Settings,
  access: OdooAccess,
  inbox: Inbox,
  client: OdooClient,
  log: Logger,
  leads: () => boolean,
  signals: BridgeSignals,
): KeySets {
  return new KeySets(keySetsSettings(settings, access), {
    documents: inbox,
    fetch: ({ senderId, url }, signal) => fetchJwks(url, { ...fetchSettings(settings, senderId), signal }),
    async onFetched(senderId, held) {
      try {
        const stored = await storeKey(client, senderId, held, Date.now());
        if (stored === 'stored') log.info({ sender: senderId }, 'a fetched key was stored in OpenSPP');
      } catch (error) {
        if (!(error instanceof OdooError)) throw error;
        log.warn({ sender: senderId, code: error.code }, 'a fetched key could not be stored in OpenSPP');
      }
    },
    onResult: (senderId, result) => signals.keysFetched(senderId, result),
    log,
    clock: Date.now,
    leads,
  });
}
