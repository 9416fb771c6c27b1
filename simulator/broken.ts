import type { Inbox } from '../src/inbox/inbox.ts';
import type { OdooArguments, OdooCallOptions, OdooClient, OdooValue } from '../src/odoo/client.ts';
import type { OdooRow, OdooValues } from '../src/odoo/orm.ts';

/** Bridges that are broken on purpose: the simulator must notice each of them soon. */
export const BREAKS = {
  'lost-fsync': 'commits are acknowledged before they are on the disk, and lost when the bridge dies',
  'missing-hold': 'registrants are not held: two batches work on one at the same time',
  'exit-after-disable': 'a death disables its registrant before it ends the memberships',
} as const;
export type Break = keyof typeof BREAKS;

/** Whether there is a break with this name. */
export function isBreak(name: string): name is Break {
  return Object.hasOwn(BREAKS, name);
}

/** The inbox of a bridge that holds nobody. */
export function withoutHolds(inbox: Inbox): Inbox {
  return { ...inbox, hold: async (keys) => new Set(keys) };
}

interface Call {
  model: string;
  method: string;
  args: OdooArguments;
  options: OdooCallOptions | undefined;
}

/**
 * The client of a bridge that swapped two steps: what ends memberships is sent after what disables their registrants. Until
 * then, the bridge reads the memberships as if they had ended, or it would look again and again.
 */
export function disablingFirst(client: OdooClient): OdooClient {
  let kept: Call[] = [];
  return {
    ...client,
    async call(model, method, args = {}, options) {
      const says = (text: string) => !method.startsWith('search') && JSON.stringify(args).includes(text);
      const isMembership = model === 'spp.program.membership';
      if (isMembership && says('"exited"')) {
        kept.push({ model, method, args, options });
        return answerTo(method, args);
      }
      const answer = await client.call(model, method, args, options);
      if (isMembership && method === 'search_read') return asIfWritten(answer as OdooRow[], kept);
      if (model === 'res.partner' && says('"disabled"')) {
        const late = kept;
        kept = [];
        for (const one of late) {
          await client.call(one.model, one.method, one.args, one.options);
        }
      }
      return answer;
    },
  };
}

/** The rows with what was not written yet. */
function asIfWritten(rows: readonly OdooRow[], kept: readonly Call[]): OdooRow[] {
  return rows.map((row) => {
    const values = kept.map(({ args }) => {
      const at = args.ids?.indexOf(row.id) ?? -1;
      const list = (args.vals_list ?? []) as OdooValues[];
      return at < 0 ? {} : ((args.vals ?? list[at] ?? {}) as OdooValues);
    });
    return Object.assign({}, row, ...values);
  });
}

/** What Odoo would say to a write. */
function answerTo(method: string, args: OdooArguments): OdooValue {
  if (method !== 'web_save_multi') return true;
  return (args.ids ?? []).map((id) => ({ id }));
}
