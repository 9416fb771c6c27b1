import { loadSettings } from '../../src/config/load.ts';
import type { FieldInfo } from '../../src/odoo/orm.ts';
import type { Capabilities } from '../../src/openspp/capabilities.ts';
import type { Registrant } from '../../src/openspp/registrant.ts';

export const MATCHING = loadSettings({}).matching;

/** The ID types of a fresh OpenSPP. */
export const FRESH = [
  { id: 1, code: 'national_id' },
  { id: 2, code: 'passport' },
  { id: 3, code: 'tax_id' },
  { id: 4, code: 'birth_certificate' },
];

export const MARRIED = 22;
export const DIVORCED = 24;

/** Fields of a model, all alike; the rules ask for little more than whether they are there. */
export function fields(names: readonly string[], more: Partial<FieldInfo> = {}): Map<string, FieldInfo> {
  return new Map(names.map((name) => [name, { type: 'char', required: false, readonly: false, ...more }]));
}

/** A fresh OpenSPP, unless a test says otherwise. */
export function openspp(over: Partial<Capabilities> = {}): Capabilities {
  return {
    uid: 5,
    language: 'en_US',
    writesRegistrants: true,
    changeRequests: { kind: 'absent' },
    event: new Map(),
    registrant: new Map(),
    registryId: fields(['status', 'verification_method', 'verification_date', 'verification_source']),
    membership: null,
    household: null,
    cycleMembership: null,
    entitlement: null,
    idTypes: FRESH,
    civilStatus: new Map([
      ['S', 21],
      ['M', MARRIED],
      ['W', 23],
      ['D', DIVORCED],
    ]),
    sequenced: new Set(),
    ...over,
  };
}

/** A living registrant of whom nothing is known, in an OpenSPP without further modules. */
export function registrant(over: Partial<Registrant> = {}): Registrant {
  return {
    id: 70,
    birthdate: null,
    deathDate: undefined,
    disabled: null,
    disabledReason: null,
    civilStatusId: null,
    civilStatus: undefined,
    ...over,
  };
}
