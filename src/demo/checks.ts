import type { OdooClient } from '../odoo/client.ts';
import type { Sent } from './civil-registry.ts';
import { eventRows, type Portraits } from './population.ts';

/** Something that must hold after the demo. */
export interface Check {
  what: string;
  holds: boolean;
}

/** What must hold, read back out of OpenSPP's API. */
export async function checks(odoo: OdooClient, sent: readonly Sent[], after: Portraits): Promise<Check[]> {
  const [birth, death, marriage, divorce, again, forged, stranger] = sent.map(({ answer }) => answer);
  const rows = await eventRows(odoo);
  const processed = [birth, death, marriage, divorce].every(
    (answer) => answer?.status === 200 && answer.body.state === 'processed',
  );
  const { child, pensioner, bride, husband } = after;
  return [
    { what: 'each of the four events was processed', holds: processed },
    {
      what: 'the repeated death got the same answer, and is one event',
      holds: again?.status === 200 && again.body.event_id === death?.body.event_id,
    },
    { what: 'the forged death was refused with 401', holds: forged?.status === 401 },
    {
      what: 'the stranger’s death is an event in error: "No matching person found in registry"',
      holds:
        stranger?.body.state === 'error' &&
        rows.some(
          (row) => row.state === 'error' && row.error_message === 'No matching person found in registry',
        ),
    },
    { what: 'OpenSPP has five events, no more', holds: rows.length === 5 },
    {
      what: 'the birth set the birth date and stored the BRN',
      holds: child.birthdate === '2024-03-08' && child.ids.some((id) => id.endsWith('B-2024-00017')),
    },
    {
      what: 'the death disabled the registrant, ended both memberships and stored the DRN',
      holds:
        pensioner.disabled.startsWith('Deceased') &&
        pensioner.programs.length === 2 &&
        pensioner.programs.every((program) => program.endsWith('exited on 2024-12-01')) &&
        pensioner.ids.some((id) => id.endsWith('D-2024-00342')),
    },
    {
      what: 'the marriage and the divorce set the civil status',
      holds: bride.civilStatus === 'Married' && husband.civilStatus === 'Divorced',
    },
    { what: 'the forged death changed nobody', holds: bride.disabled === '-' },
  ];
}
