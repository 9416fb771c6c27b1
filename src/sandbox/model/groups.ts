/** The groups that matter here, with the ids and names that they have in a fresh Odoo. */
export const GROUPS = {
  user: { id: 1, name: 'Role / User', externalId: 'base.group_user' },
  accessRights: { id: 2, name: 'Access Rights', externalId: 'base.group_erp_manager' },
  administrator: { id: 4, name: 'Role / Administrator', externalId: 'base.group_system' },
  contactCreation: { id: 9, name: 'Contact/Creation', externalId: 'base.group_partner_manager' },
  officer: { id: 17, name: 'Registry: Officer', externalId: 'openspp_contract.group_registry_officer' },
  programsOfficer: {
    id: 18,
    name: 'Programs: Officer',
    externalId: 'openspp_contract.group_programs_officer',
  },
  dciAdmin: { id: 19, name: 'DCI: Administrator', externalId: 'openspp_contract.group_dci_admin' },
  openSppAdmin: { id: 20, name: 'OpenSPP: Administrator', externalId: 'openspp_contract.group_spp_admin' },
} as const;

/** The groups that the module of change requests adds. */
export const REQUEST_GROUPS = {
  requestUser: {
    id: 21,
    name: 'Change Request: User',
    externalId: 'openspp_contract_change_request.group_cr_user',
  },
  requestValidator: {
    id: 22,
    name: 'Change Request: Validator',
    externalId: 'openspp_contract_change_request.group_cr_validator',
  },
  requestManager: {
    id: 23,
    name: 'Change Request: Manager',
    externalId: 'openspp_contract_change_request.group_cr_manager',
  },
} as const;

export const ALL_GROUPS = { ...GROUPS, ...REQUEST_GROUPS } as const;

export type GroupId = keyof typeof ALL_GROUPS;

/** The groups that a group brings along, itself included. */
export const IMPLIED: Readonly<Record<GroupId, readonly GroupId[]>> = {
  user: ['user'],
  accessRights: ['accessRights', 'user'],
  administrator: ['administrator', 'accessRights', 'contactCreation', 'user'],
  contactCreation: ['contactCreation'],
  officer: ['officer'],
  programsOfficer: ['programsOfficer', 'officer'],
  dciAdmin: ['dciAdmin'],
  openSppAdmin: ['openSppAdmin', 'administrator', 'accessRights', 'contactCreation', 'user'],
  requestUser: ['requestUser'],
  requestValidator: ['requestValidator', 'requestUser'],
  requestManager: ['requestManager', 'requestValidator', 'requestUser'],
};
