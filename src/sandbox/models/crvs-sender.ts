import { validationError } from '../errors.ts';
import { boolean, char, datetime, selection, text } from '../model/field.ts';
import type { Row } from '../model/row.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';

const MODEL = 'spp.dci.crvs.sender';

/** The civil registries that are trusted, with their keys. */
export const crvsSender: ModelDefinition = {
  name: MODEL,
  description: 'CRVS Sender Registry',
  order: 'name',
  fields: {
    name: char({ required: true }),
    sender_id: char({ required: true, indexed: true }),
    public_key: text(),
    jwks_url: char(),
    algorithm: selection([
      ['ed25519', 'Ed25519'],
      ['rs256', 'RSA-256'],
    ]),
    last_key_fetch: datetime({ readonly: true }),
    active: boolean({ default: true }),
    notes: text(),
  },
  access: [
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
    { group: 'user', operations: ['read'] },
  ],
  constraints: [
    { fields: ['jwks_url'], check: checkJwksUrl },
    { fields: ['sender_id'], check: checkSenderId },
  ],
};

function checkJwksUrl(_env: Environment, rows: readonly Row[]): void {
  for (const row of rows) {
    const url = row.jwks_url;
    if (typeof url === 'string' && url !== '' && !/^https?:\/\//.test(url)) {
      throw validationError('JWKS URL must start with http:// or https://');
    }
  }
}

function checkSenderId(env: Environment, rows: readonly Row[]): void {
  for (const row of rows) {
    if (!/^[\p{L}\p{N}._-]*$/u.test(String(row.sender_id ?? ''))) {
      throw validationError(
        'Sender ID must contain only alphanumeric characters, dots, hyphens, and underscores.',
      );
    }
    const others = [
      ['sender_id', '=', row.sender_id],
      ['id', '!=', row.id],
    ];
    if (env.search(MODEL, others, { limit: 1 }).length > 0) {
      throw validationError('Sender ID must be unique. A CRVS sender already exists with this ID.');
    }
  }
}
