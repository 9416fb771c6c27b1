import type { OdooClient } from '../odoo/client.ts';
import { eventRows, type Portrait, type Portraits } from './population.ts';

/** Prints OpenSPP's event log. */
export async function printEvents(odoo: OdooClient, out: (line: string) => void): Promise<void> {
  out('\nCRVS Events in OpenSPP:');
  for (const row of await eventRows(odoo)) {
    const person = Array.isArray(row.person_id) ? String(row.person_id[1]) : '(nobody)';
    const why = row.error_message || row.notes;
    out(
      `  ${String(row.event_type).padEnd(9)} ${row.event_date}  ${person.padEnd(20)} ${String(row.state).padEnd(10)} ${row.name}`,
    );
    if (why) out(`            ${String(why).replaceAll('\n', '\n            ')}`);
  }
}

const LABELS: Readonly<Record<Exclude<keyof Portrait, 'name'>, string>> = {
  birthdate: 'birth date',
  disabled: 'disabled',
  civilStatus: 'civil status',
  ids: 'IDs',
  programs: 'programs',
};

/** Prints what each registrant was before and is after. */
export function printPortraits(before: Portraits, after: Portraits, out: (line: string) => void): void {
  out('\nRegistrants in OpenSPP, before and after:');
  for (const who of Object.keys(before) as (keyof Portraits)[]) {
    out(`  ${before[who].name}`);
    for (const [field, label] of Object.entries(LABELS) as [Exclude<keyof Portrait, 'name'>, string][]) {
      const was = [before[who][field]].flat().join('; ') || '-';
      const is = [after[who][field]].flat().join('; ') || '-';
      out(`    ${label.padEnd(13)} ${was}${is === was ? '' : `\n    ${''.padEnd(11)}-> ${is}`}`);
    }
  }
}
