import { validationError } from '../errors.ts';
import { boolean, char, date, datetime, many2one, selection, text } from '../model/field.ts';
import type { Row } from '../model/row.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';

const MODEL = 'spp.dci.disability.status';

/** What disability registries said of registrants (OpenSPP's `spp_dci_client_dr`). */
export const disabilityStatus: ModelDefinition = {
  name: MODEL,
  description: 'Disability Status',
  order: 'last_sync_date desc, id desc',
  fields: {
    partner_id: many2one('res.partner', { required: true, indexed: true }),
    has_disability: boolean({ default: false }),
    disability_types: text(),
    functional_scores: text(),
    assessment_date: date(),
    source_registry: char(),
    raw_data: text(),
    state: selection(
      [
        ['synced', 'Synced'],
        ['stale', 'Stale'],
        ['error', 'Error'],
      ],
      { required: true, default: 'synced' },
    ),
    error_message: text(),
    last_sync_date: datetime({ required: true }),
    synced_by: many2one('res.users'),
    notes: text(),
    active: boolean({ default: true }),
  },
  access: [
    { group: 'officer', operations: ['read', 'write', 'create'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  constraints: [
    { fields: ['partner_id'], check: checkUnique },
    { fields: ['assessment_date'], check: checkDate },
  ],
};

function checkUnique(env: Environment, rows: readonly Row[]): void {
  for (const { id, partner_id, active } of rows) {
    const others = [
      ['partner_id', '=', partner_id],
      ['id', '!=', id],
    ];
    if (active && env.search(MODEL, others, { limit: 1 }).length > 0) {
      throw validationError('Only one active disability status record per person is allowed.');
    }
  }
}

function checkDate(env: Environment, rows: readonly Row[]): void {
  const today = env.contextToday();
  for (const { assessment_date: date } of rows) {
    if (typeof date === 'string' && date > today)
      throw validationError('Assessment date cannot be in the future.');
  }
}
