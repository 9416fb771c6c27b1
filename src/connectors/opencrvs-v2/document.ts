import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../../dci/json.ts';
import { badField } from '../../events/fields.ts';

/**
 * An OpenCRVS 2.x event as it was when it was registered, or when a correction of it was last approved.
 */
export interface RegisteredRecord {
  /** The id of the event document. */
  eventId: string;
  /** The event's type in the country's configuration, such as `birth`. */
  form: string;
  /** What makes repeats one: the id of the action, or of the request that it confirms. */
  actionId: string;
  /** Whether the action approved a correction. */
  correction: boolean;
  /** Whether the registration was revoked, and not reinstated since. */
  revoked: boolean;
  /** When the action was made, as printed there. */
  at: string;
  /** Of the registration; where it is in the document is `registrationNumberField`. */
  registrationNumber: JsonNode | undefined;
  registrationNumberField: string;
  /** The declaration's fields by their ids (`child.dob`), each as the last action left it. */
  declaration: JsonObject;
}

/** An action of the document, with the members that are read. */
interface Action {
  place: string;
  id: string;
  type: string;
  status: string;
  createdAt: string;
  /** What a country calls an action of its own, which is of the type `CUSTOM`; null for any other. */
  customType: string | null;
  /** The action that this one confirms, where OpenCRVS asked the country's server first. */
  originalActionId: string | null;
  /** The correction that this one approves. */
  requestId: string | null;
  declaration: JsonObject;
  registrationNumber: JsonNode | undefined;
}

/** Actions whose declaration is no part of the record (`EXCLUDED_ACTIONS` in OpenCRVS's commons). */
const EXCLUDED: ReadonlySet<string> = new Set([
  'REQUEST_CORRECTION',
  'PRINT_CERTIFICATE',
  'REJECT_CORRECTION',
]);

/**
 * Reads an event document (`EventDocument` of OpenCRVS's commons): the record as its last accepted `REGISTER` or
 * `APPROVE_CORRECTION` left it. What came after, such as a printed certificate, changes nothing, so that the document
 * can be read again at any time.
 *
 * @returns null where nothing is registered yet: the event is a draft, a declaration, or waits for its confirmation
 * @throws {DciError} `err.request.bad`, naming the member
 */
export function readRegisteredRecord(document: JsonNode): RegisteredRecord | null {
  if (!isJsonObject(document)) throw badField('body', 'expected an event document, which is an object');
  const eventId = word(document, 'id', '');
  const form = word(document, 'type', '');
  const list = document.get('actions');
  if (!isJsonArray(list)) throw badField('actions', 'expected the array of the event’s actions');
  const actions = list.map(readAction);
  const accepted = actions
    .filter(({ status }) => status === 'Accepted')
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  const last = accepted.findLastIndex(isRegistering);
  const subject = accepted[last];
  if (!subject) return null;
  const registration = accepted.find(({ type }) => type === 'REGISTER');
  if (!registration) {
    throw badField(`${subject.place}.type`, 'a correction of an event that has no accepted REGISTER action');
  }
  // The last word on the registration: a revocation says as much as a correction.
  const latest =
    accepted.findLast((one) => isRegistering(one) || isRevoking(one) || isReinstating(one)) ?? subject;
  const force = accepted.findLast((one) => one.type === 'REGISTER' || isRevoking(one) || isReinstating(one));
  return {
    eventId,
    form,
    actionId: latest.originalActionId ?? latest.id,
    correction: latest.type === 'APPROVE_CORRECTION',
    revoked: force !== undefined && isRevoking(force),
    at: latest.createdAt,
    registrationNumber: registration.registrationNumber,
    registrationNumberField: `${registration.place}.registrationNumber`,
    declaration: declarationAfter(accepted.slice(0, last + 1), actions),
  };
}

function isRegistering({ type }: Action): boolean {
  return type === 'REGISTER' || type === 'APPROVE_CORRECTION';
}

/** Country configurations call their own action so; OpenCRVS has none of its own for it. */
function isRevoking({ type, customType }: Action): boolean {
  return /^REVOKE_(?:\w+_)?REGISTRATION$/i.test(customType ?? type);
}

function isReinstating({ type, customType }: Action): boolean {
  return /^REINSTATE_/i.test(customType ?? type);
}

/** Puts the declarations of actions together as OpenCRVS does: later ones over earlier ones, field by field. */
function declarationAfter(accepted: readonly Action[], all: readonly Action[]): JsonObject {
  let declaration: JsonObject = new Map();
  for (const action of accepted) {
    if (EXCLUDED.has(action.type)) continue;
    const source = action.type === 'APPROVE_CORRECTION' ? requestOf(action, all) : action;
    // The request may hold what its confirmation does not repeat.
    const original = all.find(({ id, status }) => id === source.originalActionId && status === 'Requested');
    if (original) declaration = merged(declaration, original.declaration);
    declaration = merged(declaration, source.declaration);
  }
  return declaration;
}

/** The correction that is approved: its values are in the request, not in the approval. */
function requestOf({ place, requestId }: Action, all: readonly Action[]): Action {
  const requests = all.filter(({ type, status }) => type === 'REQUEST_CORRECTION' && status !== 'Rejected');
  const found =
    requests.find(({ id }) => id === requestId) ??
    requests.find(({ originalActionId }) => originalActionId !== null && originalActionId === requestId);
  if (!found) throw badField(`${place}.requestId`, 'names no requested correction among the actions');
  return found;
}

/** Objects member by member, everything else whole; `null` takes a value away, as in OpenCRVS. */
function merged(below: JsonObject, above: JsonObject): JsonObject {
  const result = new Map(below);
  for (const [key, value] of above) {
    const known = result.get(key);
    result.set(key, isJsonObject(known) && isJsonObject(value) ? merged(known, value) : value);
  }
  return result;
}

function readAction(node: JsonNode, position: number): Action {
  const place = `actions[${position}]`;
  if (!isJsonObject(node)) throw badField(place, 'expected an action, which is an object');
  const declaration = node.get('declaration') ?? new Map();
  if (!isJsonObject(declaration)) throw badField(`${place}.declaration`, 'expected an object of fields');
  return {
    place,
    id: word(node, 'id', place),
    type: word(node, 'type', place),
    status: word(node, 'status', place),
    createdAt: word(node, 'createdAt', place),
    customType: optionalWord(node, 'customActionType', place),
    originalActionId: optionalWord(node, 'originalActionId', place),
    requestId: optionalWord(node, 'requestId', place),
    declaration,
    registrationNumber: node.get('registrationNumber'),
  };
}

/** Ids and types are short; the bound keeps them fit for a key. */
const MAX_WORD = 255;

function word(object: JsonObject, name: string, path: string): string {
  const value = optionalWord(object, name, path);
  if (value === null) throw badField(path === '' ? name : `${path}.${name}`, 'missing; expected a string');
  return value;
}

function optionalWord(object: JsonObject, name: string, path: string): string | null {
  const value = object.get(name) ?? null;
  if (value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > MAX_WORD) {
    throw badField(
      path === '' ? name : `${path}.${name}`,
      `expected a string of at most ${MAX_WORD} characters`,
    );
  }
  return value;
}
