import type { OpensppTexts } from './en.ts';

/** The texts that the bridge writes into Odoo, in French. */
export const fr: OpensppTexts = {
  match: {
    none: 'Aucune personne correspondante dans le registre',
  },
};
