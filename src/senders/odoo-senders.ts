import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { SenderRow } from './trusted-sender.ts';

const FIELDS = ['sender_id', 'name', 'algorithm', 'public_key'];

/**
 * Reads the active rows of OpenSPP's CRVS Sender Registry.
 *
 * @throws OdooError
 */
export async function readSenders(client: OdooClient): Promise<SenderRow[]> {
  const rows = await activeRows(client);
  return rows.flatMap((row) => {
    const senderId = text(row.sender_id);
    if (senderId === null) return [];
    return [
      {
        senderId,
        name: text(row.name) ?? senderId,
        algorithm: text(row.algorithm),
        publicKey: text(row.public_key),
        jwksUrl: text(row.jwks_url),
      },
    ];
  });
}

async function activeRows(client: OdooClient): Promise<OdooRow[]> {
  const read = (fields: string[]) =>
    searchRead(client, 'spp.dci.crvs.sender', [['active', '=', true]], fields);
  try {
    return await read([...FIELDS, 'jwks_url']);
  } catch (error) {
    // An OpenSPP without the field must not be left without senders.
    if (error instanceof OdooError && error.code === 'odoo.refused') return read(FIELDS);
    throw error;
  }
}
