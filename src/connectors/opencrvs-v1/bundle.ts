import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../../dci/json.ts';
import { badField, identifierIn } from '../../events/fields.ts';
import { isPrintable } from '../../lib/text.ts';

/** What the dialect looks at of a FHIR bundle. */
export interface Bundle {
  /** The record itself, with a section for everybody in it; null where it was withheld. */
  composition: JsonObject | null;
  /** The state of the registration; null where there is none. */
  task: JsonObject | null;
  /** Persons, each once. */
  patients: readonly JsonObject[];
}

/**
 * Reads a bundle. Some releases put a resource directly into `entry`, without the `resource` wrapper, and some repeat
 * an entry.
 *
 * @throws {DciError} where it is no bundle, or has resources that contradict each other
 */
export function readBundle(node: JsonNode | undefined, path: string): Bundle {
  if (!isJsonObject(node) || node.get('resourceType') !== 'Bundle' || !isJsonArray(node.get('entry'))) {
    throw badField(path, 'expected a FHIR Bundle with an array "entry"');
  }
  const resources = listIn(node, 'entry')
    .filter(isJsonObject)
    .map((entry) => {
      const wrapped = entry.get('resource');
      const resource = isJsonObject(wrapped) ? wrapped : entry;
      // One that was not stored yet has no id of its own, and is referred to by this.
      const url = entry.get('fullUrl');
      return resource.has('id') || typeof url !== 'string' ? resource : new Map(resource).set('id', url);
    });
  const task = onlyOne(resources, 'Task', `${path}.entry`);
  return {
    composition: compositionOf(resources, task, `${path}.entry`),
    task,
    patients: unique(ofType(resources, 'Patient')),
  };
}

/** The composition that the task is about; of a bundle with only one, that one. */
function compositionOf(
  resources: readonly JsonObject[],
  task: JsonObject | null,
  path: string,
): JsonObject | null {
  const found = unique(ofType(resources, 'Composition'));
  if (found.length <= 1) return found[0] ?? null;
  const focus = idIn(reference(task?.get('focus')), 'Composition');
  const one = found.find((composition) => composition.get('id') === focus);
  if (!one) throw badField(path, 'has several Compositions, and none of them is the focus of the Task');
  return one;
}

/** The ids of the Patients that a section of the composition refers to; empty where it has no such section. */
export function patientsOfSection(composition: JsonObject, section: string): string[] {
  return listIn(composition, 'section')
    .filter(isJsonObject)
    .filter((one) => codesOf(one.get('code')).includes(section))
    .flatMap((one) => listIn(one, 'entry'))
    .map((entry) => idIn(reference(entry), 'Patient'))
    .filter((id) => id !== null);
}

/** The codes of a `CodeableConcept`; older releases have a bare string in its place. */
export function codesOf(node: JsonNode | undefined): string[] {
  if (typeof node === 'string') return [node];
  if (!isJsonObject(node)) return [];
  return listIn(node, 'coding')
    .map((coding) => (isJsonObject(coding) ? coding.get('code') : undefined))
    .filter((code) => typeof code === 'string');
}

/** An array member; anything else is empty. */
function listIn(object: JsonObject, name: string): readonly JsonNode[] {
  const node = object.get(name);
  return isJsonArray(node) ? node : [];
}

/** An identifier of a resource: `system` of a Task's, the code of its `type` of a Patient's. */
export interface ResourceIdentifier {
  system: string | null;
  type: string | null;
  value: string;
}

/**
 * The identifiers of a resource, without those that are empty.
 *
 * @throws {DciError} where a value can be no identifier
 */
export function identifiersOf(resource: JsonObject, path: string): ResourceIdentifier[] {
  return listIn(resource, 'identifier').flatMap((one) => {
    if (!isJsonObject(one)) return [];
    const sent = one.get('value');
    if (sent === undefined || sent === null || sent === '') return [];
    const value = identifierIn(sent, `${path}.identifier.value`);
    if (value === null) return [];
    const system = one.get('system');
    const type = codesOf(one.get('type'))[0]?.trim();
    return [
      {
        system: typeof system === 'string' ? system : null,
        type: type && isPrintable(type) ? type : null,
        value,
      },
    ];
  });
}

function reference(node: JsonNode | undefined): string | null {
  const text = isJsonObject(node) ? node.get('reference') : undefined;
  return typeof text === 'string' ? text : null;
}

/** The id in `urn:uuid:<id>`, which is all of it, in `Patient/<id>`, `Patient/<id>/_history/<version>`, or an address that ends so. */
function idIn(text: string | null, type: string): string | null {
  if (text?.startsWith('urn:')) return text;
  const parts = text?.split('/') ?? [];
  const at = parts.lastIndexOf(type);
  return (at < 0 ? undefined : parts[at + 1]) || null;
}

function ofType(resources: readonly JsonObject[], type: string): JsonObject[] {
  return resources.filter((one) => one.get('resourceType') === type);
}

/** Repeated entries once; what has no id cannot be recognised as a repeat. */
function unique(resources: readonly JsonObject[]): JsonObject[] {
  const seen = new Set<string>();
  return resources.filter((one) => {
    const id = one.get('id');
    if (typeof id !== 'string') return true;
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

function onlyOne(resources: readonly JsonObject[], type: string, path: string): JsonObject | null {
  const found = unique(ofType(resources, type));
  if (found.length > 1) throw badField(path, `has several resources of type ${type}; expected one record`);
  return found[0] ?? null;
}
