import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooDomain, type OdooRow, searchRead } from '../odoo/orm.ts';
import { many2oneId, odooDatetime } from '../odoo/values.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { IdSet } from './id-set.ts';
import { type Population, ScreeningError } from './plan.ts';

const CYCLE_MEMBERSHIP = 'spp.cycle.membership';
const GROUP_MEMBERSHIP = 'spp.group.membership';
/** Rows that are read at once. */
const PAGE = 1000;

export interface PopulationOptions {
  /** Milliseconds since the epoch. */
  now: number;
  signal?: AbortSignal | undefined;
  /** Called after each page with how many there are so far. */
  onProgress?: ((people: number) => void) | undefined;
  /** Rows that are read at once. */
  page?: number | undefined;
}

/**
 * The individuals of a population that are alive as far as OpenSPP knows: registrants that are neither disabled nor
 * archived; in place of a household its members whose membership has not ended. Somebody who belongs to it in two ways
 * is there once. What the user cannot read (another company, another area) is not there.
 *
 * Read page by page, each from the last id on, as a user who may not read `spp.program`.
 *
 * @throws {ScreeningError} `screening.nobody`
 * @throws OdooError, or the signal's reason
 */
export async function readPopulation(
  client: OdooClient,
  population: Population,
  options: PopulationOptions,
): Promise<IdSet> {
  const people = new IdSet();
  for await (const partners of partnersOf(client, population, options)) {
    const { individuals, groups } =
      population.of === 'all'
        ? { individuals: partners, groups: [] }
        : await amongActive(client, partners, options);
    for (const id of individuals) people.add(id);
    for await (const members of membersOf(client, groups, options)) {
      for (const id of (await amongActive(client, members, options)).individuals) people.add(id);
    }
    options.onProgress?.(people.size);
  }
  if (people.size > 0) return people;
  throw new ScreeningError('screening.nobody', nobody(population));
}

function nobody(population: Population): string {
  if (population.of === 'all') return 'OpenSPP shows the user of the bridge no active registrant';
  return (
    `${population.of}: OpenSPP shows the user of the bridge nobody who is enrolled in ${population.of} ` +
    `${population.id}; check the id, and the company and the areas of that user`
  );
}

/** Ids of `res.partner`, page by page; a household may be among them. */
async function* partnersOf(
  client: OdooClient,
  population: Population,
  options: PopulationOptions,
): AsyncGenerator<number[], void, void> {
  if (population.of === 'all') {
    const active = [
      ['is_registrant', '=', true],
      ['is_group', '=', false],
      ['disabled', '=', false],
    ];
    for await (const rows of pages(client, MODEL.registrant, active, ['id'], options)) {
      yield rows.map(({ id }) => id);
    }
    return;
  }
  const isProgram = population.of === 'program';
  const model = isProgram ? MODEL.membership : CYCLE_MEMBERSHIP;
  const domain = [
    [isProgram ? 'program_id' : 'cycle_id', '=', population.id],
    ['state', '=', 'enrolled'],
  ];
  for await (const rows of pages(client, model, domain, ['partner_id'], options)) {
    yield idsOf(rows, 'partner_id');
  }
}

async function* membersOf(
  client: OdooClient,
  groups: readonly number[],
  options: PopulationOptions,
): AsyncGenerator<number[], void, void> {
  if (groups.length === 0) return;
  const now = odooDatetime(options.now);
  // `is_ended` is only computed when the membership is written: an end in the future stays unnoticed there.
  const domain = [['group', 'in', groups], '|', ['ended_date', '=', false], ['ended_date', '>', now]];
  try {
    for await (const rows of pages(client, GROUP_MEMBERSHIP, domain, ['individual'], options)) {
      yield idsOf(rows, 'individual');
    }
  } catch (error) {
    // An OpenSPP without households has none to look into.
    if (!(error instanceof OdooError && error.code === 'odoo.unknown_model')) throw error;
  }
}

/** Those of these partners that are registrants, neither disabled nor archived. */
async function amongActive(
  client: OdooClient,
  partners: readonly number[],
  { signal }: PopulationOptions,
): Promise<{ individuals: number[]; groups: number[] }> {
  if (partners.length === 0) return { individuals: [], groups: [] };
  const rows = await searchRead(
    client,
    MODEL.registrant,
    [
      ['id', 'in', [...new Set(partners)]],
      ['is_registrant', '=', true],
      ['disabled', '=', false],
    ],
    ['is_group'],
    { order: 'id', ...(signal ? { signal } : {}) },
  );
  return {
    individuals: rows.filter((row) => row.is_group !== true).map(({ id }) => id),
    groups: rows.filter((row) => row.is_group === true).map(({ id }) => id),
  };
}

/** All matching rows, by their ids, in pages that go on after the last id: a row that comes or goes shifts none. */
async function* pages(
  client: OdooClient,
  model: string,
  domain: OdooDomain,
  fields: readonly string[],
  { signal, page = PAGE }: PopulationOptions,
): AsyncGenerator<OdooRow[], void, void> {
  for (let after = 0; ; ) {
    signal?.throwIfAborted();
    const rows = await searchRead(client, model, [['id', '>', after], ...domain], fields, {
      order: 'id',
      limit: page,
      ...(signal ? { signal } : {}),
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    if (rows.length < page) return;
    after = last.id;
  }
}

const idsOf = (rows: readonly OdooRow[], field: string) =>
  rows.map((row) => many2oneId(row[field])).filter((id) => id !== null);
