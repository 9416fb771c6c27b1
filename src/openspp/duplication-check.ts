import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { tryTogether } from '../odoo/halving.ts';
import { create, type OdooValues, searchRead } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
import { OTHER_MODEL } from './vocabulary.ts';

/** What a registry of beneficiaries (IBR) said of one registrant, or why it said nothing. */
export type DuplicationOutcome =
  | { kind: 'no_match' }
  /** Found under one of the identifiers; the programs as the registry names them. */
  | { kind: 'confirmed_match'; programs: readonly string[] }
  /** The answer is not known: `sentence` says why, without an identifier or a name. */
  | { kind: 'failed'; sentence: string };

/** One check of one registrant. */
export interface DuplicationCheck {
  /** `res.partner`. */
  partnerId: number;
  /** The identifier that led to the match, else the first that was asked for; as the registry calls it. */
  identifier: { type: string; value: string };
  outcome: DuplicationOutcome;
  /** When the registry was asked; milliseconds since the epoch. */
  checkedAt: number;
  /** The code of the source that was asked; it is linked where it is a row of OpenSPP's. */
  source: string;
}

/**
 * What became of the checks: their rows, each with its check; `refused` are those that Odoo did not take, such as of a
 * registrant that is gone. `absent`: this OpenSPP keeps no such checks. `forbidden`: the bridge's user may not add any.
 */
export type Recorded =
  | { kind: 'recorded'; rows: { check: DuplicationCheck; id: number }[]; refused: DuplicationCheck[] }
  | { kind: 'absent' }
  | { kind: 'forbidden' };

/**
 * Writes checks where OpenSPP's users look for them (`spp.dci.duplication.check`), all in one call; where Odoo refuses
 * some, in halves until those are alone. One row a check, whatever the number of identifiers: OpenSPP's eligibility
 * rules take a registrant's latest completed row, so that two rows of one check could contradict each other.
 *
 * @throws OdooError where Odoo does not answer: the checks are then to be written later
 */
export async function recordDuplicationChecks(
  client: OdooClient,
  checks: readonly DuplicationCheck[],
): Promise<Recorded> {
  if (checks.length === 0) return { kind: 'recorded', rows: [], refused: [] };
  const sources = await sourceIds(client, new Set(checks.map(({ source }) => source)));
  const { done, refused } = await tryTogether(checks, (some) =>
    create(
      client,
      OTHER_MODEL.duplicationCheck,
      some.map((check) => valuesOf(check, sources.get(check.source) ?? null)),
    ),
  );
  const error = refused[0]?.error;
  if (error?.code === 'odoo.unknown_model') return { kind: 'absent' };
  if (error?.code === 'odoo.access' && done.length === 0 && !(await mayCreate(client))) {
    return { kind: 'forbidden' };
  }
  return {
    kind: 'recorded',
    rows: done.map(({ item, result }) => ({ check: item, id: result })),
    refused: refused.map(({ item }) => item),
  };
}

/**
 * `result` is mandatory, so that a failed check needs one, too: `possible_match` at least makes somebody look, whereas
 * `no_match` would clear a registrant whom nobody has checked. OpenSPP's eligibility rules pass over failed rows.
 */
function valuesOf({ partnerId, identifier, outcome, checkedAt }: DuplicationCheck, sourceId: number | null) {
  const common: OdooValues = {
    partner_id: partnerId,
    identifier_type: identifier.type,
    identifier_value: identifier.value,
    check_date: odooDatetime(checkedAt),
    ...(sourceId === null ? {} : { data_source_id: sourceId }),
  };
  switch (outcome.kind) {
    case 'no_match':
      return { ...common, result: 'no_match', state: 'completed' };
    case 'confirmed_match':
      return {
        ...common,
        result: 'confirmed_match',
        state: 'completed',
        matched_programs: outcome.programs.map(line).join('\n') || false,
      };
    case 'failed':
      return { ...common, result: 'possible_match', state: 'failed', error_message: outcome.sentence };
  }
}

/** One program a line, so that none of their names may hold a line break. */
function line(name: string): string {
  return name.replace(/\s+/g, ' ').trim();
}

async function mayCreate(client: OdooClient): Promise<boolean> {
  return (
    (await client.call(OTHER_MODEL.duplicationCheck, 'has_access', { ids: [], operation: 'create' })) === true
  );
}

/** The rows of OpenSPP's data sources; a source that is only configured has none. */
async function sourceIds(client: OdooClient, codes: ReadonlySet<string>): Promise<Map<string, number>> {
  try {
    const rows = await searchRead(client, OTHER_MODEL.dataSource, [['code', 'in', [...codes]]], ['code']);
    return new Map(rows.map(({ id, code }) => [String(code), id]));
  } catch (error) {
    if (error instanceof OdooError && WITHOUT_SOURCES.has(error.code)) return new Map();
    throw error;
  }
}

const WITHOUT_SOURCES: ReadonlySet<string> = new Set(['odoo.unknown_model', 'odoo.access']);
