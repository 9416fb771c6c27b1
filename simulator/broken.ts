import type { Inbox } from '../src/inbox/inbox.ts';
import type { OdooArguments, OdooCallOptions, OdooClient, OdooValue } from '../src/odoo/client.ts';

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

/** The client of a bridge that swapped two steps: what ends memberships is sent after what disables their registrants. */
export function disablingFirst(client: OdooClient): OdooClient {
  let kept: Call[] = [];
  return {
    ...client,
    async call(model, method, args = {}, options) {
      const says = (text: string) => !method.startsWith('search') && JSON.stringify(args).includes(text);
      if (model === 'spp.program.membership' && says('"exited"')) {
        kept.push({ model, method, args, options });
        return answerTo(method, args);
      }
      const answer = await client.call(model, method, args, options);
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

/** What Odoo would say to a write. */
function answerTo(method: string, args: OdooArguments): OdooValue {
  if (method !== 'web_save_multi') return true;
  return (args.ids ?? []).map((id) => ({ id }));
}
