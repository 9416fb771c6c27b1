import { onTestFinished, vi } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import type { BatchSizeBounds } from '../../src/delivery/batch-size.ts';
import {
  type DeliveryDependencies,
  DeliveryLoop,
  type DeliverySettings,
} from '../../src/delivery/delivery-loop.ts';
import type { VitalEvent } from '../../src/events/vital-event.ts';
import type { EventDetails, Inbox, Settlement } from '../../src/inbox/inbox.ts';
import type { OdooArguments, OdooCallOptions, OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { create, type OdooRow, searchRead } from '../../src/odoo/orm.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import type { Credentials } from '../../src/sandbox/accounts.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { READER } from '../events/support.ts';
import { message } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';

export interface Call {
  model: string;
  method: string;
  args: OdooArguments;
}

/** Called before each call of the loop goes to Odoo: may hold it up, or fail it by throwing. */
export type Tap = (call: Call, signal: AbortSignal | undefined) => Promise<void> | void;

/** A door that keeps calls until it is opened. */
export class Gate {
  #open: () => void = () => {};
  readonly passed = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  open(): void {
    this.#open();
  }
}

/** Waits for the end of the call's signal, as a call does to which Odoo never answers. */
export function forever(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Lets all that can go on without time passing go on. */
export async function settleDown(inbox: Inbox): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) {
    await inbox.counts();
    await new Promise(setImmediate);
  }
}

let lastPerson = 0;

/** A delivery loop between a real inbox and a sandbox; its calls can be watched and tampered with. One a test. */
/** Batches of this size, however fast Odoo is. */
export function exactly(size: number): BatchSizeBounds {
  return { first: size, minimum: size, maximum: size, targetCallMs: 60_000 };
}

export class Bench {
  readonly inbox: Inbox;
  readonly client: OdooClient;
  readonly loop: DeliveryLoop;
  readonly calls: Call[] = [];
  readonly kept = keptLog();
  tap: Tap = () => {};
  readonly #watchers = new Set<(settlement: Settlement) => void>();

  /** @param deps what to put in place of the usual parts; `as` the user that the loop works as */
  constructor(
    sandbox: Sandbox,
    inbox: Inbox,
    settings: Partial<DeliverySettings> = {},
    { as = sandbox.bridge, ...deps }: Partial<DeliveryDependencies> & { as?: Credentials } = {},
  ) {
    const place = { url: sandbox.url, db: sandbox.db, protocol: 'json2', timeoutMs: 10_000 } as const;
    this.client = connectOdoo({ ...place, ...sandbox.bridge });
    const tapped = this.#tapped(connectOdoo({ ...place, ...as }));
    this.inbox = inbox;
    const settle = inbox.settle.bind(inbox);
    vi.spyOn(inbox, 'settle').mockImplementation(async (settlements, now, calls) => {
      await settle(settlements, now, calls);
      for (const settlement of settlements) for (const watcher of this.#watchers) watcher(settlement);
    });
    this.loop = new DeliveryLoop(
      {
        batchSize: exactly(100),
        concurrency: 2,
        backoff: { initialMs: 1, maximumMs: 2 },
        unansweredGraceMs: 1,
        pollMs: 2,
        attempts: 3,
        matchAgainAfterMs: null,
        ...settings,
      },
      {
        inbox,
        client: tapped,
        capabilities: new CapabilityCache(tapped),
        matching: loadSettings({}).matching,
        death: { endHouseholdPlaces: false, revocation: 'flag' },
        rules: RULES,
        readNotification: READER,
        nameOf: (senderId) => senderId,
        log: this.kept.log,
        ...deps,
      },
    );
    onTestFinished(async () => {
      this.tap = () => {};
      await this.loop.stop(0);
      vi.restoreAllMocks();
    });
  }

  #tapped(client: OdooClient): OdooClient {
    return {
      protocol: client.protocol,
      uid: () => client.uid(),
      call: async (
        model: string,
        method: string,
        args: OdooArguments = {},
        options: OdooCallOptions = {},
      ) => {
        const call = { model, method, args };
        this.calls.push(call);
        await this.tap(call, options.signal);
        return client.call(model, method, args, options);
      },
    };
  }

  /** A registrant with a national ID, and an identifier that leads there. */
  async person(values: Record<string, OdooValue> = {}) {
    lastPerson += 1;
    const uin = { type: 'UIN', value: `N-${lastPerson}` };
    const [id = 0] = await create(this.client, 'res.partner', [
      { name: `Person ${lastPerson}`, is_registrant: true, is_group: false, ...values },
    ]);
    const [idType] = await searchRead(
      this.client,
      'spp.vocabulary.code',
      [['code', '=', 'national_id']],
      ['id'],
    );
    await create(this.client, 'spp.registry.id', [
      { partner_id: id, id_type_id: idType?.id ?? 0, value: uin.value, status: 'valid' },
    ]);
    return { id, uin };
  }

  /** Commits one message a list of events; gives the ids of the messages and of the events in the inbox. */
  async accept(...events: VitalEvent[]): Promise<{ inboxId: number; ids: number[] }> {
    const body = { header: { action: 'notify' }, message: { events } };
    const receipt = await this.inbox.accept(
      message({ events, body: JSON.stringify(body), receivedAt: Date.now() }),
    );
    return { inboxId: receipt.inboxId, ids: receipt.events.map(({ id }) => id) };
  }

  /** Waits for the outcome of a message; gives its events whole. */
  async outcome({ inboxId, ids }: { inboxId: number; ids: number[] }): Promise<EventDetails[]> {
    await this.inbox.waitSettled(inboxId, 50_000);
    return Promise.all(ids.map((id) => this.details(id)));
  }

  async details(id: number): Promise<EventDetails> {
    const details = await this.inbox.show(id);
    if (!details) throw new Error('the event is gone');
    return details;
  }

  /** Resolves when the inbox took such a settlement from the loop. */
  settlement(wanted: (settlement: Settlement) => boolean): Promise<Settlement> {
    return new Promise((resolve) => {
      const watcher = (settlement: Settlement) => {
        if (!wanted(settlement)) return;
        this.#watchers.delete(watcher);
        resolve(settlement);
      };
      this.#watchers.add(watcher);
    });
  }

  /** Resolves when the loop makes such a call. */
  call(wanted: (call: Call) => boolean): Promise<Call> {
    return new Promise((resolve) => {
      const before = this.tap;
      this.tap = (call, signal) => {
        if (wanted(call)) resolve(call);
        return before(call, signal);
      };
    });
  }

  partner(id: number): Promise<OdooRow | undefined> {
    return searchRead(
      this.client,
      'res.partner',
      [['id', '=', id]],
      ['birthdate', 'disabled', 'civil_status_id'],
    ).then(([row]) => row);
  }
}

/** Whether a call is about this model and method, and has this text in its arguments. */
export function isCall(call: Call, model: string, method: string, text = ''): boolean {
  return call.model === model && call.method === method && JSON.stringify(call.args).includes(text);
}
