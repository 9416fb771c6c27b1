import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { SenderRow } from './trusted-sender.ts';

/**
 * Reads the active rows of OpenSPP's CRVS Sender Registry.
 *
 * @throws OdooError
 */
export async function readSenders(client: OdooClient): Promise<SenderRow[]> {
  const rows = await searchRead(
    client,
    'spp.dci.crvs.sender',
    [['active', '=', true]],
    ['sender_id', 'name', 'algorithm', 'public_key'],
  );
  return rows.flatMap((row) => {
    const senderId = text(row.sender_id);
    if (senderId === null) return [];
    return [
      {
        senderId,
        name: text(row.name) ?? senderId,
        algorithm: text(row.algorithm),
        publicKey: text(row.public_key),
      },
    ];
  });
}
