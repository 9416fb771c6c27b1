/**
 * What the bridge writes into Odoo: `notes` and `error_message` of an event's row, in English. Every internal user of
 * Odoo reads these, so they name no person, and of an identifier the last four characters at most.
 */
export const en = {
  match: {
    /** OpenSPP's own words; its users filter by them. */
    none: 'No matching person found in registry',
  },
};

/** The same texts in another language. */
export type OpensppTexts = typeof en;
