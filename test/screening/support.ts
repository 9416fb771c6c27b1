import type { Fetch } from '../../src/dci/client/http.ts';
import type { NewMessage, Receipt } from '../../src/inbox/inbox.ts';
import type { Timing } from '../../src/lib/timing.ts';
import type { OdooArguments, OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { createSandbox, type SandboxCore } from '../../src/sandbox/sandbox.ts';
import { type Screening, Screenings } from '../../src/screening/job.ts';
import { resultsOf } from '../../src/screening/report.ts';
import type { Result } from '../../src/screening/result.ts';
import { type RunEnd, runScreening } from '../../src/screening/run-screening.ts';
import type { ScreeningSettings } from '../../src/screening/run-tools.ts';
import { planOf, runDependencies, type ScreeningDependencies } from '../../src/screening/service.ts';
import { collected, FakeTime } from '../registries/support.ts';
import { type Seeding, seeding } from '../sandbox/seeding.ts';

type Json = Record<string, unknown>;

/** As much of an inbox as a screening uses. */
export class MemoryInbox {
  readonly documents = new Map<string, string>();
  readonly messages = new Map<string, NewMessage>();

  async getDocument(name: string) {
    return this.documents.get(name) ?? null;
  }
  async putDocument(name: string, json: string) {
    this.documents.set(name, json);
  }
  async listDocuments(prefix: string) {
    return new Map([...this.documents].filter(([name]) => name.startsWith(prefix)).sort());
  }
  async replaceDocument(name: string, before: string | null, after: string | null) {
    if ((this.documents.get(name) ?? null) !== before) return false;
    if (after === null) this.documents.delete(name);
    else this.documents.set(name, after);
    return true;
  }
  async accept(message: NewMessage): Promise<Receipt> {
    const kind = this.messages.has(message.messageId) ? 'repeated' : 'created';
    if (kind === 'created') this.messages.set(message.messageId, message);
    return { kind, inboxId: 1, correlationId: 'c', receivedAt: 0, events: [] };
  }
  async counts() {
    return {
      waiting: 0,
      deferred: 0,
      delivering: 0,
      processed: 0,
      error: 0,
      dead: 0,
      unmatched: 0,
      byReason: [],
      oldestUnsettledAt: null,
      unindexed: 0,
      oldestUnindexedAt: null,
    };
  }
  async schedule(): Promise<() => Promise<void>> {
    return async () => {};
  }
}

/** What a registry has under an identifier value: records, or an answer of its own in place of them. */
export type Known = { records: Json[] } | { answer: Json };

/** A registry in this process: speaks DCI, takes lists, and keeps the time of each request. */
class FakeRegistry {
  readonly known = new Map<string, Known>();
  /** When each request came, in milliseconds of the test's clock. */
  readonly times: number[] = [];
  /** The questions of each request. */
  readonly asked: string[][] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly #time: Timing;
  /** Answers in place of its own; null for none. */
  fault: (request: number, values: readonly string[]) => Response | Error | null = () => null;

  constructor(time: Timing) {
    this.#time = time;
  }

  readonly fetch: Fetch = async (_url, init) => {
    const number = this.times.push(this.#time.now());
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const { header, message } = JSON.parse(String(init.body)) as { header: Json; message: Json };
      const requests = message.search_request as Json[];
      const values = requests.map((one) => ((one.search_criteria as Json).query as Json).value as string);
      this.asked.push(values);
      await new Promise((resolve) => setImmediate(resolve));
      init.signal?.throwIfAborted();
      const fault = this.fault(number, values);
      if (fault instanceof Error) throw fault;
      if (fault) return fault;
      const search_response = requests.map((one, at) => this.#answer(one, values[at] ?? ''));
      return Response.json({
        header: { ...header, action: 'on-search', status: 'succ' },
        message: { transaction_id: message.transaction_id, search_response },
      });
    } finally {
      this.underWay -= 1;
    }
  };

  #answer({ reference_id }: Json, value: string): Json {
    const known = this.known.get(value) ?? { records: [] };
    if ('answer' in known) return { reference_id, ...known.answer };
    const reg_records = known.records;
    return { reference_id, timestamp: '2026-03-01T12:00:00Z', status: 'succ', data: { reg_records } };
  }
}

export function death(value: string, date: string | null = '2026-02-01', more: Json = {}): Known {
  return {
    records: [
      {
        identifier: [
          { identifier_type: 'UIN', identifier_value: value },
          { identifier_type: 'DRN', identifier_value: `D-${value}` },
        ],
        ...(date === null ? { death_place: 'here' } : { death_date: date }),
        ...more,
      },
    ],
  };
}

export const REFUSED: Known = {
  answer: { status: 'rjct', status_reason_code: 'rjct.search_criteria.invalid' },
};

const SETTINGS: ScreeningSettings = {
  chunkSize: 10,
  batchSize: 4,
  patienceMs: 600_000,
  order: ['UIN', 'NATIONAL_ID', 'PASSPORT'],
  backlogLimit: 1000,
  queueLimit: 100,
};

/** OpenSPP in this process, as the bridge's user. */
export async function openspp(): Promise<{ sandbox: SandboxCore; client: OdooClient } & Seeding> {
  const sandbox = createSandbox({ disability: true });
  return { sandbox, client: clientOf(sandbox), ...seeding(sandbox) };
}

function clientOf(sandbox: SandboxCore): OdooClient {
  return {
    protocol: 'json2',
    async call(model: string, method: string, args: OdooArguments = {}, options = {}): Promise<OdooValue> {
      options.signal?.throwIfAborted();
      await Promise.resolve();
      try {
        return sandbox.execute('bridge', model, method, args as Json) as OdooValue;
      } catch (error) {
        const { odooName = '' } = error as { odooName?: string };
        if (odooName === '') throw error;
        const code = odooName.endsWith('AccessError') ? 'odoo.access' : 'odoo.refused';
        const isUnknown = !sandbox.hasModel(model);
        throw new OdooError(isUnknown ? 'odoo.unknown_model' : code, { protocol: 'json2', model, method });
      }
    },
    uid: async () => 5,
  };
}

export interface World {
  inbox: MemoryInbox;
  registry: FakeRegistry;
  time: FakeTime;
  client: OdooClient;
  deps(settings?: Partial<ScreeningSettings>, source?: SourceSettings, fetch?: Fetch): ScreeningDependencies;
}

export function world(client: OdooClient): World {
  const time = new FakeTime();
  const registry = new FakeRegistry(time);
  const inbox = new MemoryInbox();
  return {
    inbox,
    registry,
    time,
    client,
    deps(settings = {}, source = {}, fetch = registry.fetch) {
      const common: SourceSettings = {
        baseUrl: 'http://registry.test',
        senderId: 'us',
        receiverId: 'crvs.example',
        authType: 'none',
        identifierTypes: { national_id: 'UIN' },
        ...source,
      };
      const sources = new Map(['crvs_main', 'ibr_main', 'dr_main'].map((code) => [code, common]));
      return {
        inbox,
        client,
        registries: new Registries(sources, client, { fetch, timing: time }),
        settings: { ...SETTINGS, ...settings },
        timing: time,
      };
    },
  };
}

export type Asked = Omit<Parameters<typeof planOf>[0], 'fileEvents' | 'maxAgeSeconds' | 'kind'> &
  Partial<Parameters<typeof planOf>[0]>;

/** Begins a screening. */
export async function begin(deps: ScreeningDependencies, asked: Asked): Promise<Screening> {
  const plan = planOf({ kind: 'deaths', fileEvents: false, maxAgeSeconds: null, ...asked });
  const how = { by: 'command', chunkSize: deps.settings.chunkSize } as const;
  return new Screenings(deps.inbox).create(plan, how, deps.timing?.now() ?? 0);
}

/** Screens as the command does. */
export async function screen(deps: ScreeningDependencies, asked: Asked): Promise<RunEnd> {
  const { id } = await begin(deps, asked);
  return runScreening(id, runDependencies(deps, false), new AbortController().signal);
}

/** The report. */
export function report(inbox: MemoryInbox, screening: Screening): Promise<Result[]> {
  return collected(resultsOf(inbox, screening));
}
