/** The groups that matter here, with the ids and names that they have in a fresh Odoo. */
export const GROUPS = {
  user: { id: 1, name: 'Role / User', externalId: 'base.group_user' },
  accessRights: { id: 2, name: 'Access Rights', externalId: 'base.group_erp_manager' },
  administrator: { id: 4, name: 'Role / Administrator', externalId: 'base.group_system' },
  contactCreation: { id: 9, name: 'Contact/Creation', externalId: 'base.group_partner_manager' },
  officer: { id: 17, name: 'Registry: Officer', externalId: 'openspp_contract.group_registry_officer' },
} as const;

export type GroupId = keyof typeof GROUPS;

/** The groups that a group brings along, itself included. */
export const IMPLIED: Readonly<Record<GroupId, readonly GroupId[]>> = {
  user: ['user'],
  accessRights: ['accessRights', 'user'],
  administrator: ['administrator', 'accessRights', 'contactCreation', 'user'],
  contactCreation: ['contactCreation'],
  officer: ['officer'],
};
