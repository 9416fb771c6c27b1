import { userError } from '../errors.ts';
import {
  boolean,
  char,
  integer,
  many2one,
  type Row,
  selection,
  type Value,
  type Values,
} from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

/** The codes of the code lists: ID types and civil statuses among them. */
export const vocabularyCode: ModelDefinition = {
  name: 'spp.vocabulary.code',
  description: 'Vocabulary Code',
  recName: 'display',
  order: 'sequence, code',
  fields: {
    vocabulary_id: many2one('spp.vocabulary', { required: true, ondelete: 'restrict', indexed: true }),
    namespace_uri: char({
      computed: 'readonly',
      related: 'vocabulary_id.namespace_uri',
      depends: ['vocabulary_id.namespace_uri'],
      indexed: true,
    }),
    code: char({ required: true, indexed: true }),
    display: char({ required: true, translate: true }),
    uri: char({ computed: 'writable', depends: ['vocabulary_id.namespace_uri', 'code'], indexed: true }),
    sequence: integer({ default: 10 }),
    active: boolean({ default: true }),
    is_local: boolean(),
    deprecated: boolean(),
    target_type: selection(
      [
        ['individual', 'Individual'],
        ['group', 'Group/Household'],
        ['both', 'Both'],
      ],
      { default: 'both' },
    ),
    id_validation: char(),
  },
  access: [
    { group: 'user', operations: ['read'] },
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
  ],
  unique: [{ fields: ['vocabulary_id', 'code'], message: 'Code must be unique within vocabulary' }],
  beforeCreate: refuseSystemVocabularies,
  createdBy: 'VocabularyCode',
  compute: fillUris,
};

/** A system vocabulary takes new codes only as local extensions. */
function refuseSystemVocabularies(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    const vocabulary = env.row('spp.vocabulary', Number(values.vocabulary_id));
    if (vocabulary?.is_system && !values.is_local) {
      throw userError(`Cannot add codes to system vocabulary '${vocabulary.name}'.`);
    }
  }
}

function fillUris(env: Environment, row: Row, changed: ReadonlySet<string>): Record<string, Value> {
  const namespace = env.row('spp.vocabulary', Number(row.vocabulary_id))?.namespace_uri ?? null;
  const depends = changed.has('vocabulary_id') || changed.has('code');
  const given = changed.has('uri') && row.uri !== null;
  if (!depends || given) return { namespace_uri: namespace };
  return { namespace_uri: namespace, uri: `${namespace}#${row.code}` };
}
