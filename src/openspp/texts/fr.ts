import type { OpensppTexts, OpenThings } from './en.ts';
import { requestsFr } from './requests-fr.ts';

const EVENTS = {
  birth: 'la naissance',
  death: 'le décès',
  marriage: 'le mariage',
  divorce: 'le divorce',
} as const;
const LATER = {
  birth: 'une naissance postérieure',
  death: 'un décès postérieur',
  marriage: 'un mariage postérieur',
  divorce: 'un divorce postérieur',
} as const;

const count = (many: number, one: string, more: string) =>
  many === 0 ? [] : [`${many} ${many === 1 ? one : more}`];

/** The texts that the bridge writes into Odoo, in French. */
export const fr: OpensppTexts = {
  match: {
    none: 'Aucune personne correspondante trouvée dans le registre',
    archived: (types: string) =>
      `Aucune personne correspondante trouvée dans le registre : la personne qui a cet identifiant (${types}) est archivée. Désarchivez-la si c’est une erreur ; l’événement sera alors rapproché automatiquement.`,
    hidden: (types: string) =>
      `Aucune personne correspondante trouvée dans le registre : la personne qui a cet identifiant (${types}) appartient à une société ou à une zone que l’utilisateur du pont ne voit pas. Demandez à un administrateur de lui donner cette société ou cette zone.`,
    notRegistrant: (types: string) =>
      `Aucune personne correspondante trouvée dans le registre : la fiche qui a cet identifiant (${types}) est un groupe ou un contact, pas une personne enregistrée.`,
    noIdentifier:
      'Aucune personne correspondante trouvée dans le registre : l’état civil n’a envoyé aucun identifiant de la personne. Cherchez-la à l’aide de l’acte.',
    transaction:
      'Aucune naissance ayant la transaction de cette attestation n’est connue. L’événement est rapproché de nouveau de lui-même quand la naissance arrive.',
    transactionOfSeveral:
      'Des naissances de plusieurs personnes ont la transaction de cette attestation. Personne n’a été modifié. Comparez l’attestation avec les actes de naissance, et saisissez son numéro à la main.',
    transactionLater:
      'La transaction de cette attestation est un numéro d’acte, et la naissance qui a ce numéro est arrivée après elle. Un autre bureau peut avoir repris le numéro ; personne n’a donc été modifié. Comparez l’attestation avec l’acte de naissance, et saisissez son numéro à la main.',
    otherBirth: (by: string, registrant: number) =>
      `L’identifiant ${by} mène à la personne ${registrant}, qui a une autre date de naissance. Les bureaux reprennent leurs numéros d’acte ; personne n’a donc été modifié. Vérifiez s’il s’agit de la même personne.`,
    several: (leads: string) =>
      `Les identifiants mènent à des personnes différentes (${leads}). Personne n’a été modifié.`,
    contradiction: (by: string, registrant: number, type: string) =>
      `L’identifiant ${by} mène à la personne ${registrant}, qui a un autre ${type} que celui de l’état civil. Personne n’a été modifié. Vérifiez s’il s’agit de la même personne.`,
    othersNumber: (by: string, registrant: number, event: number) =>
      `Le ${by} mène à la personne ${registrant}, pour laquelle l’état civil a envoyé d’autres identifiants auparavant (événement ${event}). Personne n’a été modifié. Vérifiez s’il s’agit de la même personne.`,
    elsewhere: (type: string, registrants: string) =>
      `Le numéro ${type} est aussi enregistré pour la personne ${registrants}. Deux actes peuvent avoir le même numéro ; vérifiez si c’est une erreur.`,
    hiddenToo: (type: string) =>
      `Une personne que l’utilisateur du pont ne voit pas a le même ${type}. Demandez à un administrateur de laquelle il s’agit.`,
    lead: (type: string, registrant: number) => `${type} à la personne ${registrant}`,
  },

  implausible: {
    deathBeforeBirth: (death: string, birth: string) =>
      `Le décès du ${death} est antérieur à la naissance de la personne, le ${birth}. Personne n’a été modifié. Demandez à l’état civil quelle date est fausse.`,
    birthAfterDeath: (birth: string, death: string) =>
      `La naissance du ${birth} est postérieure au décès de la personne, le ${death}. Personne n’a été modifié. Demandez à l’état civil quelle date est fausse.`,
    tooYoung: (day: string, birth: string) =>
      `Le ${day}, la personne, née le ${birth}, avait moins de dix ans. Personne n’a été modifié. Demandez à l’état civil quelle date est fausse.`,
  },

  row: {
    unreadable: (field: string) =>
      `L’état civil a envoyé un enregistrement illisible : champ ${field}. Personne n’a été modifié. Demandez à l’état civil de le corriger et de l’envoyer de nouveau.`,
    gone: 'L’événement a été archivé ou supprimé dans OpenSPP avant d’être traité.',
    internal:
      'Le pont n’a pas pu appliquer cet événement. Son journal en dit plus ; réessayez après une mise à jour du pont.',
    refusedAddition: (added: string, sentence: string) =>
      `Odoo a refusé ce qui est ajouté par ${added} : ${sentence}`,
    blame: (sentence: string, added: string) => `${sentence} (Les valeurs écrites comprennent ${added}.)`,
  },

  dates: {
    'date.partial':
      'L’état civil n’a envoyé qu’une année ou un mois : le jour n’est pas connu, et aucune date n’a été enregistrée.',
    'date.implausible':
      'L’état civil a envoyé une date antérieure à 1850, qui n’en est pas une : aucune date n’a été enregistrée.',
  },

  birth: {
    is: (day: string) => `Date de naissance : ${day}.`,
    noDate: 'Date de naissance non enregistrée : l’état civil n’a envoyé aucune date.',
    changed: (from: string, to: string) => `Date de naissance corrigée : ${from} devient ${to}.`,
    kept: (has: string, says: string) =>
      `Date de naissance non modifiée : OpenSPP a ${has}, l’état civil dit ${says}. Vérifiez l’acte et corrigez la fiche à la main si nécessaire.`,
  },

  death: {
    marked: 'Marqué comme décédé.',
    already: (day: string) => `Déjà marqué comme décédé, le ${day}.`,
    dated: (day: string) => `Date du décès : ${day}.`,
    noDate: 'L’état civil n’a envoyé aucune date de décès.',
    dateChanged: (from: string, to: string) => `Date du décès corrigée : ${from} devient ${to}.`,
    dateKept: (has: string, says: string) =>
      `Date du décès non modifiée : OpenSPP a ${has}, l’état civil dit ${says}.`,
    enabledSince:
      'Un utilisateur a réactivé la personne depuis que ce décès a été appliqué ; cela n’a pas été changé. Vérifiez si la personne est en vie.',
    disabledBefore: (day: string) =>
      `La personne était déjà désactivée, le ${day} ; cela n’a pas été changé.`,
    hidden:
      'OpenSPP cache les adhésions aux programmes d’une personne désactivée ; le pont n’a donc pas pu y mettre fin. Un responsable de programme doit les vérifier : demandez à un administrateur de réactiver la personne, mettez fin aux adhésions, puis désactivez-la de nouveau.',
    ended: (programmes: string, day: string) => `Terminé : ${programmes}, le ${day}.`,
    redated: (programmes: string, day: string) => `Date de sortie corrigée au ${day} : ${programmes}.`,
    notRedated: (from: string) =>
      `Les dates de sortie des adhésions terminées le ${from} restent inchangées : OpenSPP cache les adhésions d’une personne désactivée.`,
    endedPlaces: (places: number) =>
      `Fin de ${places === 1 ? '1 place dans un ménage' : `${places} places dans des ménages`}.`,
    open({ programmes, householdPlaces, isHead, rounds, entitlements }: OpenThings): string | null {
      const parts = [
        ...(programmes.length === 0 ? [] : [`adhésions aux programmes ${programmes.join(', ')}`]),
        ...count(householdPlaces, 'place dans un ménage', 'places dans des ménages').map((text) =>
          isHead ? `${text} (chef du ménage)` : text,
        ),
        ...count(rounds, 'cycle de paiement', 'cycles de paiement'),
        ...count(entitlements, 'droit non payé', 'droits non payés'),
      ];
      return parts.length === 0 ? null : `Ouvert à la réception du décès : ${parts.join(' ; ')}.`;
    },
    check: (what: string) => `À clore à la main : ${what}.`,
    places: 'les places dans les ménages',
    newHead: 'désignez un nouveau chef du ménage',
    placesOfHead: 'les places dans les ménages, et désignez un nouveau chef du ménage',
    rounds: 'les cycles de paiement',
    entitlements: 'les droits non payés',
    unreadable: (models: string) =>
      `L’utilisateur du pont ne peut pas lire ${models} ; vérifiez-les à la main.`,
    programme: (id: number) => `programme ${id}`,
  },

  civilStatus: {
    is: { marriage: 'État matrimonial : marié(e).', divorce: 'État matrimonial : divorcé(e).' },
    unchanged: (reason: string) => `État matrimonial non modifié : ${reason}.`,
    afterDeath: (type, day: string, death: string) =>
      `${EVENTS[type]} du ${day} est postérieur au décès de la personne, le ${death}`,
    laterApplied: (type, day: string) => `${LATER[type]}, du ${day}, est déjà appliqué`,
    noCode: (code: string) =>
      `OpenSPP n’a pas d’état matrimonial avec le code ${code} ; un administrateur peut l’ajouter.`,
    noValue: (word: string) =>
      `Le champ civil_status d’OpenSPP n’a pas de valeur pour « ${word} » ; un administrateur peut l’ajouter.`,
    noField:
      'Cet OpenSPP ne garde pas d’état matrimonial : ni civil_status_id ni civil_status n’est un champ.',
  },

  number: {
    stored: (number: string) => `Enregistré : ${number}.`,
    revived: (number: string) => `Enregistré : ${number}, à la place d’un identifiant retiré du même type.`,
    held: (number: string, held: string) => `${number} non enregistré : la personne a déjà ${held}.`,
    refused: (number: string, sentence: string) =>
      `${number} non enregistré : OpenSPP l’a refusé (${sentence}).`,
    noType: (number: string, type: string) =>
      `${number} non enregistré : OpenSPP n’a pas de type d’identifiant pour ${type} ; un administrateur peut l’ajouter.`,
    ending: (type: string, ending: string) => (ending === '' ? type : `${type} se terminant par ${ending}`),
    as: (type: string, code: string, ending: string) =>
      ending === '' ? `${type} (${code})` : `${type} (${code}) se terminant par ${ending}`,
  },

  correction: {
    mark: 'Correction de l’état civil :',
    eventDate: 'date de l’événement',
    became: (what: string, from: string, to: string) =>
      `Correction de l’état civil : ${what} ${from} devient ${to}.`,
    sameValues: 'Correction de l’état civil : même date et même numéro.',
    nothingEarlier: 'Correction de l’état civil : aucun événement antérieur ici.',
    refused: (what: string, from: string, to: string) =>
      `L’état civil corrige ${what} ${from} en ${to} ; cela a été refusé et n’a pas été repris.`,
    superseded: 'L’état civil a corrigé cet événement depuis ; rien n’a été modifié.',
    changesNothing: 'La correction ne change rien ici.',
  },

  revocation: {
    marks: {
      revoked: 'Révocation par l’état civil : pas en vigueur, dit l’état civil',
      reinstated: 'Révocation par l’état civil : de nouveau en vigueur, dit l’état civil',
    },
    by: (mark: string, reference: string) => `${mark} (${reference}).`,
    nothingApplied: 'Il n’a pas été appliqué.',
    superseded: 'L’état civil a révoqué cet acte depuis ; rien n’a été modifié.',
    partly:
      'L’état civil a révoqué cet acte, qui a pu être appliqué en partie. Vérifiez la personne, et les adhésions aux programmes que les notes nomment. N’appuyez pas sur « Retry Processing ».',
    unclear: (rows: string) =>
      `L’état civil a révoqué un acte, et OpenSPP a plusieurs événements qui peuvent lui correspondre (${rows}). Personne n’a été modifié. Vérifiez lequel c’est, et annulez-le à la main.`,
    anotherDeath: (rows: string) =>
      `L’état civil a révoqué cet acte de décès après son application. Un autre acte de décès de la personne reste en vigueur (événement ${rows}) ; elle reste donc désactivée. Vérifiez lequel est juste. N’appuyez pas sur « Retry Processing ».`,
    otherDeath: (rows: string) =>
      `L’état civil a révoqué un acte de décès de la personne qui n’a pas été appliqué ici. Un autre acte reste en vigueur (événement ${rows}) ; elle reste donc désactivée. Vérifiez lequel est juste. N’appuyez pas sur « Retry Processing ».`,
    rejectRequests:
      'L’état civil a révoqué cet acte. Rejetez les demandes de modification que les notes nomment ; si l’une est déjà appliquée, annulez-la à la main. N’appuyez pas sur « Retry Processing ».',
    undo: {
      birth:
        'L’état civil a révoqué cet acte de naissance après son application. Vérifiez la date de naissance et le numéro d’acte de la personne. N’appuyez pas sur « Retry Processing ».',
      death:
        'L’état civil a révoqué cet acte de décès après son application. Si la personne est en vie, réactivez-la, inscrivez-la de nouveau aux programmes et aux ménages que les notes nomment, et retirez le numéro d’acte de décès et la date du décès enregistrés. N’appuyez pas sur « Retry Processing ».',
      disabledBefore:
        'L’état civil a révoqué cet acte de décès après son application. La personne était déjà désactivée, pour une autre raison. Vérifiez les programmes et les ménages que les notes nomment, et retirez le numéro d’acte de décès enregistré. N’appuyez pas sur « Retry Processing ».',
      enabled:
        'L’état civil a révoqué cet acte de décès après son application. La personne est de nouveau active ; inscrivez-la de nouveau aux programmes et aux ménages que les notes nomment, et retirez le numéro d’acte de décès enregistré. N’appuyez pas sur « Retry Processing ».',
      enabledAlready:
        'L’état civil a révoqué cet acte de décès après son application. La personne est active ; inscrivez-la de nouveau aux programmes et aux ménages que les notes nomment, et retirez le numéro d’acte de décès et la date du décès enregistrés. N’appuyez pas sur « Retry Processing ».',
      marriage:
        'L’état civil a révoqué cet acte de mariage après son application. Vérifiez l’état matrimonial de la personne. N’appuyez pas sur « Retry Processing ».',
      divorce:
        'L’état civil a révoqué cet acte de divorce après son application. Vérifiez l’état matrimonial de la personne. N’appuyez pas sur « Retry Processing ».',
    },
  },

  identity: {
    noType: (type: string) => `${type} non enregistré : OpenSPP n’a pas de type d’identifiant pour cela.`,
    noTypes: (types: string) =>
      `OpenSPP n’a pas de type d’identifiant pour ${types} ; ajoutez-en un, puis réessayez.`,
    newerKnown: (type: string) => `${type} laissé tel quel : ce qui en est connu est plus récent.`,
    newerStored: (type: string) => `${type} non enregistré : un plus récent est connu.`,
    held: (type: string, code: string, source: string) =>
      `${type} non enregistré : la personne a déjà un autre ${code}, qui ne vient pas de ${source}. Rien n’a été modifié.`,
  },

  requests: requestsFr,

  theRegistrant: 'la personne',
};
