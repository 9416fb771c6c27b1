/** What identifier types are called, from the settings for matching. */
export interface IdentifierNaming {
  /** Upper-case identifier type → codes of OpenSPP's ID types that it may be found under. */
  aliases: ReadonlyMap<string, readonly string[]>;
  /** The types that are the registration number of an event of this kind. */
  registrationNumbers: Readonly<Record<string, ReadonlySet<string>>>;
}

/** The defaults of `matching` in the settings, for programs that have no settings. */
export const DEFAULT_NAMING: IdentifierNaming = {
  aliases: new Map([
    ['UIN', ['national_id']],
    ['NID', ['national_id']],
    ['NIN', ['national_id']],
    ['NATIONAL_ID', ['national_id']],
    ['BRN', ['birth_certificate']],
    ['BIRTH_REG_NO', ['birth_certificate']],
    ['BIRTH_REGISTRATION_NUMBER', ['birth_certificate']],
    ['PASSPORT', ['passport']],
  ]),
  registrationNumbers: {
    birth: new Set(['BRN', 'BIRTH_REG_NO', 'BIRTH_REGISTRATION_NUMBER']),
    death: new Set(['DRN', 'DEATH_REG_NO', 'DEATH_REGISTRATION_NUMBER']),
    marriage: new Set(['MRN', 'MARRIAGE_REG_NO', 'MARRIAGE_REGISTRATION_NUMBER']),
    divorce: new Set(['MRN', 'DIVORCE_REG_NO', 'DIVORCE_REGISTRATION_NUMBER']),
  },
};

/** All names that an identifier type goes by, in lower case: its own, its aliases, its other spellings. */
export function namesOf(type: string, { aliases, registrationNumbers }: IdentifierNaming): Set<string> {
  const upper = type.toUpperCase();
  const spellings = Object.values(registrationNumbers).filter((types) => types.has(upper));
  const all = [type, ...(aliases.get(upper) ?? []), ...spellings.flatMap((types) => [...types])];
  return new Set(all.map((name) => name.toLowerCase()));
}

/** Whether two types are one: they share a name. */
export function isSameType(one: string, other: string, naming: IdentifierNaming): boolean {
  const names = namesOf(other, naming);
  return [...namesOf(one, naming)].some((name) => names.has(name));
}
