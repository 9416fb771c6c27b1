import { defineExtension, EventRefused, textAt } from '../../src/index.ts';

/** The custom field, of the same name on the event (`spp.dci.crvs.event`) and on the registrant (`res.partner`). */
const FIELD = 'x_cause_of_death';
/** A code of the ICD-10, such as `I21` or `I21.9`. */
const ICD10 = /^[A-Z]\d{2}(?:\.\d{1,2})?$/;

/**
 * A country whose registry also tells the cause of a death: as `cause_of_death` in the record (SPDCI), or in the person
 * of OpenSPP's dialect. It goes into a field of the event and, at the death, into one of the registrant.
 */
export default defineExtension({
  name: 'cause-of-death',
  api: 1,
  eventFields: {
    fields: [FIELD],
    values: (event) => ({ [FIELD]: event.type === 'death' ? causeIn(event.record) : null }),
  },
  registrantFields: {
    fields: [FIELD],
    values: (event, registrant) => {
      if (event.type !== 'death') return {};
      // A cause that is known stays: a doctor may have corrected it in OpenSPP.
      if (registrant.fields?.[FIELD]) return {};
      return { [FIELD]: causeIn(event.record) };
    },
  },
});

/** The cause, in capitals; null where the registry said none. */
function causeIn(record: Parameters<typeof textAt>[0]): string | null {
  const told = textAt(record, 'cause_of_death') ?? textAt(record, 'person', 'cause_of_death');
  if (told === null) return null;
  const code = told.toUpperCase();
  if (!ICD10.test(code)) throw new EventRefused('The cause of death is no code of the ICD-10.');
  return code;
}
