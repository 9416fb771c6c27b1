import { MODEL } from '../openspp/vocabulary.ts';

export type Operation = 'read' | 'create' | 'write' | 'unlink';
export type ModelName = keyof typeof MODEL;

/** A field that the bridge reads or writes. */
export interface FieldNeed {
  /** The values that the bridge uses of a Selection. */
  values?: readonly string[];
  /** What is lost without it. A field that says nothing here is needed for any work at all. */
  loss?: string;
  /** The bridge does without it: plain OpenSPP may lack it. */
  optional?: boolean;
}

/** What the bridge needs of one model. */
export interface ModelNeed {
  /** What OpenSPP's users call its records. */
  label: string;
  operations: readonly Operation[];
  /** The group that gives those rights. */
  group: string;
  /** What is lost where the model is not there; null where nothing works without it. */
  withoutIt: string | null;
  fields: Readonly<Record<string, FieldNeed>>;
  /** Whether the bridge makes rows, so that a mandatory field that it does not know stands in the way. */
  creates: boolean;
}

const OFFICER = '"Registry: Officer"';
const INTERNAL_USER = 'internal user ("Role / User")';
const VERIFICATION = 'registration numbers are stored without saying how they were verified';
const BIRTHS = 'births end in error';
const DEATHS = 'deaths end in error';

/** A group of Odoo's, by its external id; a null module is whichever has it. */
export interface GroupNeed {
  module: string | null;
  name: string;
  /** As Odoo's users know it. */
  label: string;
}

/**
 * The user that the bridge works as: the two groups give all of NEEDS, and nothing else. The officers' group is
 * `spp_registry.group_registry_officer` in OpenSPP 2.
 */
export const SERVICE_USER: { login: string; name: string; groups: readonly GroupNeed[] } = {
  login: 'crvs-bridge',
  name: 'CRVS bridge',
  groups: [
    { module: 'base', name: 'group_user', label: INTERNAL_USER },
    { module: null, name: 'group_registry_officer', label: OFFICER },
  ],
};

/** Gives the right to file change requests, where OpenSPP has them (`spp_change_request_v2.group_cr_user`). */
export const CHANGE_REQUEST_GROUP: GroupNeed = {
  module: null,
  name: 'group_cr_user',
  label: '"Change Request: User"',
};

/** An ID type that civil registries' notifications name people by, and that a fresh OpenSPP has not. */
export interface IdTypeNeed {
  code: string;
  display: string;
}

export const REGISTRY_ID_TYPES: readonly IdTypeNeed[] = [
  { code: 'UIN', display: 'Unique Identification Number (UIN)' },
  { code: 'BRN', display: 'Birth Registration Number (BRN)' },
  { code: 'DRN', display: 'Death Registration Number (DRN)' },
  { code: 'MRN', display: 'Marriage Registration Number (MRN)' },
];

/** Those that none of these codes is, letter case ignored. */
export function missingIdTypes(codes: readonly string[]): IdTypeNeed[] {
  const known = new Set(codes.map((code) => code.toUpperCase()));
  return REGISTRY_ID_TYPES.filter(({ code }) => !known.has(code));
}

/** What the bridge uses of OpenSPP; anything more would be a right too many. */
export const NEEDS: Readonly<Record<ModelName, ModelNeed>> = {
  event: {
    label: 'CRVS events',
    operations: ['read', 'create', 'write'],
    group: INTERNAL_USER,
    withoutIt: null,
    creates: true,
    fields: {
      name: {},
      event_type: { values: ['birth', 'death', 'marriage', 'divorce'] },
      person_id: {},
      identifier_type: {},
      identifier_value: {},
      event_date: {},
      raw_data: {},
      state: { values: ['received', 'processing', 'processed', 'error'] },
      error_message: {},
      received_date: {},
      processed_date: {},
      processed_by: {},
      notes: {},
      active: {},
    },
  },
  registrant: {
    label: 'registrants',
    operations: ['read', 'write'],
    group: OFFICER,
    withoutIt: null,
    creates: false,
    fields: {
      is_registrant: {},
      is_group: {},
      birthdate: { loss: BIRTHS },
      disabled: { loss: DEATHS },
      disabled_by: { loss: DEATHS },
      disabled_reason: { loss: DEATHS },
      death_date: { loss: 'the date of a death is on its event only', optional: true },
    },
  },
  registryId: {
    label: 'registry IDs',
    operations: ['read', 'create', 'write'],
    group: OFFICER,
    withoutIt: null,
    creates: true,
    fields: {
      partner_id: {},
      id_type_id: {},
      value: {},
      status: { values: ['valid', 'invalid'] },
      verification_method: { values: ['dci_api'], loss: VERIFICATION, optional: true },
      verification_date: { loss: VERIFICATION, optional: true },
      verification_source: { loss: VERIFICATION, optional: true },
    },
  },
  membership: {
    label: 'program memberships',
    operations: ['read', 'write'],
    group: OFFICER,
    withoutIt: 'The programs module is not installed, so a death ends no program membership.',
    creates: false,
    fields: {
      partner_id: {},
      state: { values: ['enrolled', 'paused', 'exited'] },
      exit_date: { loss: 'a membership ends without its date', optional: true },
      exit_reason: { loss: 'a membership ends without a reason', optional: true },
    },
  },
  sender: {
    label: 'CRVS senders',
    operations: ['read'],
    group: INTERNAL_USER,
    withoutIt: null,
    creates: false,
    fields: { sender_id: {}, name: {}, algorithm: {}, public_key: {}, active: {} },
  },
  code: {
    label: 'vocabulary codes',
    operations: ['read'],
    group: INTERNAL_USER,
    withoutIt: null,
    creates: false,
    fields: { namespace_uri: {}, code: {} },
  },
  sequence: {
    label: 'sequences',
    operations: ['read'],
    group: INTERNAL_USER,
    withoutIt: null,
    creates: false,
    fields: { code: {} },
  },
};

/** The models, in the report's order. */
export const MODEL_NAMES = Object.keys(NEEDS) as ModelName[];

/** A right that the bridge never uses, so that its user should not have it either. */
export interface ExcessRight {
  model: string;
  operation: Operation;
  label: string;
}

/** Administrators may do this, and nobody else. */
export const ADMINISTRATOR_RIGHT: ExcessRight = {
  model: 'ir.config_parameter',
  operation: 'write',
  label: 'administer the system',
};

export const EXCESS_RIGHTS: readonly ExcessRight[] = [
  ADMINISTRATOR_RIGHT,
  { model: MODEL.sender, operation: 'write', label: 'change the trusted senders' },
  { model: MODEL.event, operation: 'unlink', label: 'delete CRVS events' },
  { model: MODEL.registrant, operation: 'unlink', label: 'delete registrants' },
  { model: MODEL.registryId, operation: 'unlink', label: 'delete registry IDs' },
  { model: MODEL.code, operation: 'write', label: 'change vocabularies' },
];
