import { InboxWriter, type InboxWriterSettings } from '../backfill/inbox-writer.ts';
import { registryOf } from '../backfill/registry.ts';
import type { DciClient } from '../dci/client/client.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Timing } from '../lib/timing.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { Registries } from '../registries/registries.ts';
import type { Source } from '../registries/source.ts';
import { Asker } from './asker.ts';
import { deathsKind } from './kinds/deaths.ts';
import { disabilityKind } from './kinds/disability.ts';
import { duplicatesKind } from './kinds/duplicates.ts';
import type { Kind } from './kinds/kind.ts';
import type { ScreeningKind, ScreeningPlan } from './plan.ts';
import type { RunTools } from './run-screening.ts';

export interface ScreeningSettings extends InboxWriterSettings {
  /** Registrants whose answers are kept together. */
  chunkSize: number;
  /** Questions in one request, where the source does not say. */
  batchSize: number;
  /** Milliseconds that a registry which cannot be asked is waited for before a run gives up for now. */
  patienceMs: number;
  /** Identifier types, most trusted first. */
  order: readonly string[];
}

export interface RunToolDependencies {
  inbox: Pick<Inbox, 'accept' | 'counts'>;
  client: OdooClient;
  registries: Registries;
  settings: ScreeningSettings;
  timing: Timing;
}

/** The service that answers each kind, and with it the source where none is named. */
export const SERVICE_OF = { deaths: 'crvs', duplicates: 'ibr', disability: 'dr' } as const satisfies Record<
  ScreeningKind,
  string
>;

/** How many questions go to a source at once. */
export interface Pace {
  batchSize: number;
  concurrency: number;
  /** Null where the source does not bound it. */
  requestsPerSecond: number | null;
}

const DEFAULT_CONCURRENCY = 8;

/** @throws {RegistriesError | OdooError} */
export async function paceOf(
  { registries, settings }: Pick<RunToolDependencies, 'registries' | 'settings'>,
  { kind, source }: Pick<ScreeningPlan, 'kind' | 'source'>,
): Promise<Pace> {
  return paceIn(await sourceOf(registries, kind, source), settings);
}

async function sourceOf(registries: Registries, kind: ScreeningKind, code: string): Promise<Source> {
  // That it is a registry of that kind is found out before anybody is counted.
  await registries.clientOf(SERVICE_OF[kind], code);
  return registries.sources.get(code);
}

function paceIn(source: Source, { batchSize }: ScreeningSettings): Pace {
  return {
    batchSize: source.batchSize ?? batchSize,
    concurrency: source.concurrency ?? DEFAULT_CONCURRENCY,
    requestsPerSecond: source.requestsPerSecond ?? null,
  };
}

/**
 * The parts that carry a plan out.
 *
 * @param onRequest called for each request that is made
 * @throws {RegistriesError | OdooError}
 */
export async function runToolsFor(
  deps: RunToolDependencies,
  plan: ScreeningPlan,
  onRequest: () => void,
): Promise<RunTools> {
  const { registries, settings, timing } = deps;
  const source = await sourceOf(registries, plan.kind, plan.source);
  const client: DciClient = await registries.clientOf(SERVICE_OF[plan.kind], plan.source);
  const rules = await registries.rulesOf(plan.source);
  return {
    kind: await kindOf(deps, plan, rules),
    asker: new Asker(
      { ...paceIn(source, settings), patienceMs: settings.patienceMs },
      { client, rules, timing, onRequest },
    ),
    reading: { names: source.identifierTypes, order: settings.order, naming: rules.naming },
  };
}

async function kindOf(
  { inbox, client, registries, settings, timing }: RunToolDependencies,
  { kind, source, fileEvents }: ScreeningPlan,
  rules: Awaited<ReturnType<Registries['rulesOf']>>,
): Promise<Kind> {
  switch (kind) {
    case 'deaths': {
      if (!fileEvents) return deathsKind(rules, null) as Kind;
      const { registry } = await registryOf(registries, source);
      const writer = new InboxWriter(inbox, settings, timing);
      return deathsKind(rules, { writer, registry, source, timing }) as Kind;
    }
    case 'duplicates':
      return duplicatesKind(client, rules, source) as Kind;
    case 'disability':
      return disabilityKind(client, rules) as Kind;
  }
}
