import type { Settings } from '../config/schema.ts';
import { fetchPolicyOf } from '../config/senders.ts';
import type { VerificationKey } from '../dci/keys.ts';
import type { OdooClient } from '../odoo/client.ts';
import { fetchJwks } from '../registry-keys/fetch.ts';
import { JwksError } from '../registry-keys/jwks-error.ts';
import { readSenders } from '../senders/odoo-senders.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import { trustedSender } from '../senders/trusted-sender.ts';
import { say } from './output.ts';

/**
 * OpenSPP's senders, for a command that verifies registries' answers with their keys; null where no source names one.
 * Keys at a JWKS address are fetched when an answer is signed with one that is not known, once.
 *
 * @throws OdooError
 */
export async function sendersWhereNamed(
  settings: Settings,
  odoo: OdooClient,
): Promise<Pick<SenderDirectory, 'find' | 'fetchForUnknownKey'> | null> {
  const isNamed = [...settings.sources.values()].some((one) => one.registrySenderId !== undefined);
  if (!isNamed) return null;
  const rows = await readSenders(odoo);
  const known = new Map(rows.map((row) => [row.senderId, row]));
  const fetched = new Map<string, readonly VerificationKey[]>();
  return {
    find(senderId: string) {
      const row = known.get(senderId);
      if (!row) return undefined;
      const sender = trustedSender({ ...row, jwksUrl: null });
      if (row.jwksUrl === null) return sender;
      // Each key of a set says its own algorithm.
      const keys = [...sender.keys, ...(fetched.get(senderId) ?? [])];
      return { ...sender, jwksUrl: row.jwksUrl, algorithm: undefined, keys };
    },
    async fetchForUnknownKey(senderId: string) {
      const url = known.get(senderId)?.jwksUrl ?? null;
      if (url === null || fetched.has(senderId)) return false;
      try {
        fetched.set(senderId, (await fetchJwks(url, fetchPolicyOf(settings, senderId))).keys);
        return true;
      } catch (error) {
        if (!(error instanceof JwksError)) throw error;
        say(`the keys of sender ${senderId} could not be fetched (${error.message})`);
        return false;
      }
    },
  };
}
