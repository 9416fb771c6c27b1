import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import type { MatchingSettings } from '../openspp/matching.ts';
import { ID_TYPE_NAMESPACE, type IdType, idTypeTiers } from '../openspp/vocabulary.ts';
import { type Finding, ok, problem, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import { missingIdTypes, REGISTRY_ID_TYPES } from './requirements.ts';

const ADD_CODE = (codes: readonly string[]) =>
  `\`setup\` adds ${REGISTRY_ID_TYPES.map(({ code }) => code).join(', ')}; or an administrator adds a local code (is_local) ${codes.join(' or ')} in the vocabulary ${ID_TYPE_NAMESPACE}, or you name an ID type that exists under matching.aliases.`;

/** A configured identifier type and the codes of OpenSPP's ID types that it leads to, best first. */
interface Route {
  type: string;
  codes: readonly string[];
  /** Those among them that are not to be used for anything new. */
  deprecated: readonly string[];
}

/** Which of the configured identifier types OpenSPP has a place for. */
export function checkIdTypes(idTypes: Answer<readonly IdType[]>, settings: MatchingSettings): Finding[] {
  if (!idTypes.ok) return [unread('id-types.vocabulary', 'The ID types', idTypes.error)];
  const routesOf = (types: Iterable<string>) => routes(types, idTypes.value, settings);
  return [
    vocabulary(idTypes.value),
    ...letterCase(idTypes.value),
    matching(routesOf([...settings.order, ...settings.aliases.keys()])),
    ...deprecated(routesOf([...settings.order, ...settings.aliases.keys(), ...numberTypes(settings)])),
    registryTypes(idTypes.value),
    ...VITAL_EVENT_TYPES.map((type) => numbers(type, routesOf(settings.registrationNumbers[type]))),
  ];
}

function routes(
  types: Iterable<string>,
  idTypes: readonly IdType[],
  { aliases }: MatchingSettings,
): readonly Route[] {
  const byId = new Map(idTypes.map((type) => [type.id, type]));
  const distinct = new Map([...types].map((type) => [type.toUpperCase(), type]));
  return [...distinct.values()].map((type) => {
    const ids = new Set(idTypeTiers(type, idTypes, aliases).flat());
    const found = [...ids].flatMap((id) => byId.get(id) ?? []);
    const deprecated = found.filter((one) => one.deprecated === true).map(({ code }) => code);
    return { type, codes: found.map(({ code }) => code), deprecated };
  });
}

const list = (found: readonly Route[]) =>
  found.map(({ type, codes }) => `${type} (${codes.join(', ')})`).join(', ');
const names = (found: readonly Route[]) => found.map(({ type }) => type).join(', ');
const leads = ({ codes }: Route) => codes.length > 0;

function vocabulary(idTypes: readonly IdType[]): Finding {
  const id = 'id-types.vocabulary';
  const codes = idTypes.map(({ code }) => code).sort();
  if (codes.length > 0) return ok(id, `OpenSPP has the ID types ${codes.join(', ')}.`);
  return problem(id, 'OpenSPP has no ID types at all, so nobody can be matched.', ADD_CODE(['national_id']));
}

/** What `setup` makes, in the same words. */
function registryTypes(idTypes: readonly IdType[]): Finding {
  const id = 'id-types.registries';
  const missing = missingIdTypes(idTypes.map(({ code }) => code));
  if (missing.length === 0) return ok(id, 'The ID types that registries use are there.');
  return warning(
    id,
    `Of the ID types that registries use, these are missing: ${missing.map(({ code }) => code).join(', ')}.`,
    'An administrator runs `setup`, which adds them as local codes. Aliases (matching.aliases) can do for some.',
  );
}

function letterCase(idTypes: readonly IdType[]): Finding[] {
  const same = new Map<string, string[]>();
  for (const { code } of idTypes) {
    const key = code.toLowerCase();
    same.set(key, [...(same.get(key) ?? []), code]);
  }
  return [...same]
    .filter(([, codes]) => codes.length > 1)
    .map(([key, codes]) =>
      warning(
        `id-types.letter-case.${key}`,
        `The ID types ${codes.join(' and ')} differ only in letter case: the bridge looks under both and stores under the first.`,
        'Move the IDs of one of them to the other, and archive it.',
      ),
    );
}

function matching(all: readonly Route[]): Finding {
  const id = 'id-types.matching';
  const nowhere = all.filter((route) => !leads(route));
  if (nowhere.length === all.length) {
    return problem(
      id,
      `None of the identifier types of matching.order and matching.aliases has an ID type here (${names(all)}), so nobody can be matched.`,
      ADD_CODE(all.slice(0, 1).map(({ type }) => type)),
    );
  }
  const found = `These identifiers can match: ${list(all.filter(leads))}.`;
  if (nowhere.length === 0) return ok(id, found);
  return warning(
    id,
    `${found} These cannot, since they have no ID type: ${names(nowhere)}.`,
    `${ADD_CODE(nowhere.map(({ type }) => type))} Types that no registry of yours sends can leave matching.order.`,
  );
}

function numberTypes({ registrationNumbers }: MatchingSettings): string[] {
  return VITAL_EVENT_TYPES.flatMap((type) => [...registrationNumbers[type]]);
}

/** Deprecated codes that the settings lead to: IDs that have them go on matching, and nothing new gets them. */
function deprecated(all: readonly Route[]): Finding[] {
  const codes = [...new Set(all.flatMap((route) => route.deprecated))].sort();
  if (codes.length === 0) return [];
  return [
    warning(
      'id-types.deprecated',
      `The settings lead to ID types that OpenSPP has deprecated: ${codes.join(', ')}. Registrants are still matched by them; no new number is stored under them.`,
      'Name the ID type that takes their place under matching.aliases.',
    ),
  ];
}

/** The registration number that an event of this type brings: stored under the first code that is not deprecated. */
function numbers(type: VitalEventType, routesOfType: readonly Route[]): Finding {
  const all = routesOfType.map((route) => ({
    ...route,
    codes: route.codes.filter((code) => !route.deprecated.includes(code)),
  }));
  const id = `id-types.registration-number.${type}` as const;
  if (all.length === 0)
    return ok(id, `No registration number of a ${type} is configured, so none is stored.`);
  const nowhere = all.filter((route) => !leads(route));
  if (nowhere.length === all.length) {
    return warning(
      id,
      `The registration number of a ${type} has no ID type here (${names(all)}), so it is not stored; the event is still processed, and its notes say so.`,
      ADD_CODE(all.slice(0, 1).map(({ type }) => type)),
    );
  }
  const stored = `The registration number of a ${type} is stored: ${all
    .filter(leads)
    .map(({ type, codes }) => `${type} as ${codes[0]}`)
    .join(', ')}.`;
  return ok(
    id,
    nowhere.length === 0 ? stored : `${stored} Not as ${names(nowhere)}, which has no ID type here.`,
  );
}
