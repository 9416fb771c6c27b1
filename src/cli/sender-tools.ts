import type { OdooAccess } from '../composition/context.ts';
import { odooClient } from '../composition/odoo.ts';
import type { Settings } from '../config/schema.ts';
import { fetchPolicyOf, opensppName } from '../config/senders.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { createLog } from '../log.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { fetchJwks } from '../registry-keys/fetch.ts';
import { KeySets } from '../registry-keys/key-sets.ts';
import { readKeptRows, rowsDocument } from '../senders/kept-rows.ts';
import { readSenders } from '../senders/odoo-senders.ts';
import type { SenderRow } from '../senders/trusted-sender.ts';
import { UsageError } from './command-error.ts';
import { inboxOrNull } from './inbox.ts';
import { say } from './output.ts';

/** What the commands about senders use. */
export interface SenderTools {
  settings: Settings;
  access: OdooAccess;
  client: OdooClient;
  /** Null where there is none. */
  inbox: Inbox | null;
  sets: KeySets;
  /** What went wrong with a fetch, for people, by sender. */
  failures: Map<string, string>;
}

/**
 * Runs an action with the OpenSPP and the inbox that the settings name, and closes what was opened.
 *
 * @throws {UsageError} where no OpenSPP is named
 */
export async function withSenders(
  settings: Settings,
  work: (tools: SenderTools) => Promise<number>,
): Promise<number> {
  const { url, db, login, apiKey, password } = settings.odoo;
  if (url === null || db === null || login === null) {
    throw new UsageError(
      'ODOO_URL is not set: set it, and ODOO_DB, ODOO_LOGIN and ODOO_API_KEY, to see the senders',
    );
  }
  const access = { url, db, login, apiKey, password };
  const inbox = await inboxOrNull(settings, 'what a bridge knows of the keys is not shown or kept');
  const failures = new Map<string, string>();
  const sets = new KeySets(
    { ...settings.jwks, owner: opensppName(access) },
    {
      documents: inbox ?? { getDocument: async () => null, putDocument: async () => {} },
      fetch: ({ senderId, url: address }, signal) =>
        fetchJwks(address, { ...fetchPolicyOf(settings, senderId), signal }).catch((error: Error) => {
          failures.set(senderId, error.message);
          throw error;
        }),
      log: createLog('silent'),
      clock: Date.now,
    },
  );
  try {
    await sets.load();
    return await work({ settings, access, client: odooClient(settings, access), inbox, sets, failures });
  } finally {
    await inbox?.close();
  }
}

/** The senders as OpenSPP has them or, where it does not answer, as they were kept. */
export async function rowsOf({ access, client, inbox }: SenderTools): Promise<SenderRow[]> {
  try {
    return await readSenders(client);
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    const text = (await inbox?.getDocument(rowsDocument(opensppName(access)))) ?? null;
    if (text === null) throw error;
    say(`OpenSPP does not answer (${error.code}): these are the senders as the inbox has them`);
    return readKeptRows(text);
  }
}

/** Gives the key sets the senders that have a JWKS URL. */
export function follow(sets: KeySets, rows: readonly SenderRow[]): void {
  sets.follow(rows.flatMap(({ senderId, jwksUrl: url }) => (url === null ? [] : [{ senderId, url }])));
}
