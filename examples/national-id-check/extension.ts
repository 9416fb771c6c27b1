import { defineExtension, textAt } from '../../src/index.ts';

/**
 * A country whose national ID ends in a check digit (Luhn's), and whose registry sends it as it is written on the card,
 * with blanks and hyphens. One whose check digit is wrong leads to nobody. Everything else is left to the bridge.
 */
export default defineExtension({
  name: 'national-id-check',
  api: 1,
  async findPersons(events, { odoo, idTypes }) {
    const numbers = events.map(({ record, identifiers }) => {
      const sent = identifiers.find(({ type }) => type.toUpperCase() === 'NID')?.value;
      const number = (sent ?? textAt(record, 'card_number'))?.replaceAll(/[\s-]/g, '');
      return number === undefined ? null : number;
    });
    const good = [...new Set(numbers.filter((number) => number !== null && isChecked(number)))];
    // One question for all events of the batch.
    const rows =
      good.length === 0
        ? []
        : await odoo.searchRead(
            'spp.registry.id',
            [
              ['id_type_id', 'in', idTypes('national_id')],
              ['value', 'in', good],
              ['status', '!=', 'invalid'],
            ],
            ['partner_id', 'value'],
          );
    return numbers.map((number) => {
      if (number === null) return 'bridge';
      return rows.filter(({ value }) => value === number).map((row) => (row.partner_id as [number])[0]);
    });
  },
});

/** Whether a number passes Luhn's check. */
export function isChecked(number: string): boolean {
  if (!/^\d{2,20}$/.test(number)) return false;
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
