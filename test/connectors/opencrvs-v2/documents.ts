import { loadSettings } from '../../../src/config/load.ts';
import type { EventForm } from '../../../src/connectors/opencrvs-v2/forms.ts';
import { readEventDocument } from '../../../src/connectors/opencrvs-v2/reader.ts';
import { nodeOf } from '../../../src/dci/sign.ts';

/** The forms of config/default.yaml. */
export const FORMS: ReadonlyMap<string, EventForm> = loadSettings({}).opencrvs_events.forms;

export interface ActionOver {
  id?: string;
  status?: string;
  createdAt?: string;
  declaration?: object;
  registrationNumber?: unknown;
  originalActionId?: string;
  requestId?: string;
}

let minute = 0;

/** An action as OpenCRVS's events service keeps it, a minute after the last. */
export function action(type: string, over: ActionOver = {}): object {
  minute += 1;
  return {
    id: `action-${type.toLowerCase()}-${minute}`,
    transactionId: `transaction-${minute}`,
    createdByUserType: 'user',
    createdAt: new Date(Date.UTC(2025, 2, 1, 8, minute)).toISOString(),
    createdBy: '66a09d2cfa5b5b6f0d3b1f5e',
    createdByRole: 'LOCAL_REGISTRAR',
    createdAtLocation: '1d4e5f6a-7b8c-4d9e-8f0a-1b2c3d4e5f6a',
    declaration: {},
    annotation: {},
    status: 'Accepted',
    type,
    ...over,
  };
}

/** An event document with these actions after its creation. */
export function eventDocument(type: string, actions: object[], id = 'event-1'): object {
  return {
    id,
    type,
    trackingId: 'B77FF6',
    createdAt: '2025-03-01T08:00:00.000Z',
    updatedAt: '2025-03-01T09:00:00.000Z',
    updatedAtLocation: '1d4e5f6a-7b8c-4d9e-8f0a-1b2c3d4e5f6a',
    actions: [action('CREATE'), ...actions],
  };
}

/** A declaration of Farajaland's birth form, with both parents. */
export const BIRTH = {
  'child.name': { firstname: 'Lina', middlename: 'Rose', surname: 'Achterberg' },
  'child.gender': 'female',
  'child.dob': '2025-02-20',
  'child.placeOfBirth': 'HEALTH_FACILITY',
  'informant.relation': 'MOTHER',
  'mother.name': { firstname: 'Johanna', surname: 'Achterberg' },
  'mother.dob': '1996-05-04',
  'mother.idType': 'NATIONAL_ID',
  'mother.nid': '7600000001',
  'father.detailsNotAvailable': true,
  'father.reason': 'unknown',
};

export const DEATH = {
  'deceased.name': { firstname: 'Pieter', surname: 'Achterberg' },
  'deceased.dob': '1941-07-09',
  'deceased.idType': 'NATIONAL_ID',
  'deceased.nid': '7600000009',
  'eventDetails.date': '2025-02-25',
  'eventDetails.mannerOfDeath': 'MANNER_NATURAL',
  'informant.relation': 'SON',
  'informant.nid': '7600000010',
  'spouse.nid': '7600000011',
};

export const MARRIAGE = {
  'groom.name': { firstname: 'Tomas', surname: 'Vale' },
  'groom.nid': '7600000021',
  'bride.name': { firstname: 'Mira', surname: 'Okonjo' },
  'bride.nid': '7600000022',
  'eventDetails.date': '2025-02-14',
};

/** What the bridge reads from a document. */
export const read = (document: object, forms = FORMS) => readEventDocument(nodeOf(document), forms, null);
