import { fetchPolicyOf, opensppName } from '../config/senders.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { fetchJwks } from '../registry-keys/fetch.ts';
import { KeySets } from '../registry-keys/key-sets.ts';
import { storeKey } from '../senders/odoo-keys.ts';
import { readSenders } from '../senders/odoo-senders.ts';
import { SenderDirectory } from '../senders/sender-directory.ts';
import type { Context } from './context.ts';

/**
 * Who is trusted: OpenSPP's senders, with the keys behind their JWKS URLs.
 *
 * @param client reads the senders, of whatever OpenSPP the settings name
 * @param guarded writes fetched keys
 */
export function senderDirectory(
  context: Context,
  inbox: Inbox,
  client: OdooClient,
  guarded: OdooClient,
): SenderDirectory {
  const { settings, access, log } = context;
  const senders: SenderDirectory = new SenderDirectory(
    { ...settings.senders, openspp: opensppName(access) },
    {
      documents: inbox,
      readRows: () => readSenders(client),
      log,
      keySets: keySets(context, inbox, guarded, () => senders.leads()),
      // An SQLite file has one bridge.
      schedule: settings.inbox.url.startsWith('sqlite:') ? null : inbox.schedule.bind(inbox),
    },
  );
  return senders;
}

/** Fetches the keys of senders with a JWKS URL, and stores them in Odoo where the bridge's user may. */
function keySets(
  { settings, access, log, signals }: Context,
  inbox: Inbox,
  client: OdooClient,
  leads: () => boolean,
): KeySets {
  return new KeySets(
    { ...settings.jwks, owner: opensppName(access) },
    {
      documents: inbox,
      fetch: ({ senderId, url }, signal) => fetchJwks(url, { ...fetchPolicyOf(settings, senderId), signal }),
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
    },
  );
}
