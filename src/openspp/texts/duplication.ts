/** What a caseworker reads on a check for duplicates that failed. */
export interface DuplicationTexts {
  /** @param detail the call and the registry's code, for an administrator */
  failed(reason: keyof typeof EN, detail: string): string;
}

/** Why a registry of beneficiaries said neither yes nor no. */
const EN = {
  refused: 'the registry refused the question',
  pending: 'the registry has not answered yet',
  unavailable: 'the registry could not be reached',
  unreadable: 'the registry’s answer could not be understood',
  nobody: 'the registry knows nobody by this identifier',
  several: 'the identifier leads to several people in the registry',
  other_person: 'the registry answered about somebody with another identifier',
  unidentified: 'the registry’s answer has no identifier to compare',
  not_askable: 'the registry cannot be asked by this identifier',
};

const FR: typeof EN = {
  refused: 'le registre a refusé la question',
  pending: 'le registre n’a pas encore répondu',
  unavailable: 'le registre n’a pas pu être joint',
  unreadable: 'la réponse du registre n’a pas pu être comprise',
  nobody: 'le registre ne connaît personne sous cet identifiant',
  several: 'l’identifiant désigne plusieurs personnes dans le registre',
  other_person: 'le registre a répondu au sujet d’une personne qui a un autre identifiant',
  unidentified: 'la réponse du registre n’a pas d’identifiant à comparer',
  not_askable: 'le registre ne peut pas être interrogé par cet identifiant',
};

const en: DuplicationTexts = {
  failed: (reason, detail) =>
    `Not checked: ${EN[reason]}. Whether the registrant is enrolled elsewhere is not known. (${detail})`,
};

const fr: DuplicationTexts = {
  failed: (reason, detail) =>
    `Non vérifié\u00a0: ${FR[reason]}. On ne sait pas si la personne est inscrite ailleurs. (${detail})`,
};

/** @param language of the bridge's user in Odoo, such as `fr_FR`; English where there are none in that language */
export function duplicationTextsIn(language: string): DuplicationTexts {
  return language.toLowerCase().startsWith('fr') ? fr : en;
}
