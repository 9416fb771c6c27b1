import type { RequestTexts } from './requests-en.ts';

const list = (words: readonly string[]) => words.join(', ');

/** The texts about change requests that the bridge writes into Odoo, in French. */
export const requestsFr: RequestTexts = {
  kinds: {
    exit_registrant: 'sortie',
    edit_individual: 'date de naissance',
    update_id: 'numéro d’enregistrement',
  },
  named: (name, kind) => `${name} (${kind})`,
  waitsMark: 'En attente d’une décision sur la demande de modification ',
  waits: (requests) => `En attente d’une décision sur la demande de modification ${list(requests)}.`,
  endFirst: (programmes) =>
    `Adhésions aux programmes à terminer avant d’approuver la sortie, car la sortie d’OpenSPP n’y met pas fin et les cache ensuite : ${list(programmes)}.`,
  applied: (requests) => `Appliqué par la demande de modification ${list(requests)}.`,
  rejected: (request, reason) =>
    `La demande de modification ${request} a été rejetée${reason === null ? ', sans motif' : ` : ${reason}`}`,
  sentBack: (request, reason) =>
    `La demande de modification ${request} a été renvoyée pour révision${reason === null ? ', sans motif' : ` : ${reason}`}`,
  notAgain:
    'Le pont ne dépose pas de seconde demande pour la même modification. Corrigez celle-ci et soumettez-la dans OpenSPP, ou remettez-la en brouillon, puis relancez cet événement.',
  reset: (request) =>
    `La demande de modification ${request} a été remise en brouillon dans OpenSPP. Relancez cet événement pour qu’elle soit soumise à nouveau.`,
  gone: (kind) =>
    `La demande de modification (${kind}) a été supprimée dans OpenSPP, ou l’utilisateur du pont ne la voit plus. Relancez cet événement pour qu’elle soit déposée à nouveau.`,
  notApplied: (request, reason) =>
    `La demande de modification ${request} a été approuvée mais n’a pas pu être appliquée : ${reason}`,
  notSubmitted: (request, reason) =>
    `La demande de modification ${request} n’a pas pu être soumise${reason === null ? '.' : ` : ${reason}`}`,
  refused: (kind, reason) => `OpenSPP a refusé la demande de modification (${kind}) : ${reason}`,
  noDetail: (kind) =>
    `OpenSPP n’a pas créé les détails de la demande de modification (${kind}) ; elle n’a donc pas été soumise. Un administrateur doit vérifier le type de demande.`,
  noType: (code, kind) =>
    `OpenSPP n’a pas de type de demande de modification actif « ${code} », nécessaire pour : ${kind}. Un administrateur peut l’activer.`,
  noCivilStatus:
    'OpenSPP n’a pas de type de demande de modification pour l’état matrimonial, et le pont ne peut pas le modifier directement. Personne n’a été modifié : modifiez-le à la main, puis relancez cet événement.',
  fieldsLeft: (fields) =>
    `Non demandé, car aucune demande de modification n’a de champ pour cela : ${list(fields)}. À modifier à la main.`,
  deathRedated: (from, to) =>
    `L’état civil a corrigé la date de décès du ${from} au ${to}. OpenSPP n’a pas de demande de modification pour cela : un administrateur doit corriger à la main la date de sortie.`,
  recordedOnly: 'Enregistré seulement. Appuyez sur « Process » pour l’appliquer.',
  description: {
    death: (source, event, date) =>
      `${source} signale un décès${date === null ? ' sans date' : ` le ${date}`} (événement CRVS ${event}).`,
    birth: (source, event, date) =>
      `${source} signale la date de naissance ${date} (événement CRVS ${event}). Rien d’autre ne change dans les détails préremplis.`,
    number: (source, event, type) =>
      `${source} signale le numéro d’enregistrement d’un événement (${type}, événement CRVS ${event}).`,
    endFirst: (programmes) =>
      `Avant d’approuver, mettez fin à ces adhésions aux programmes : ${list(programmes)}. La sortie n’y met pas fin, et personne ne les voit ensuite.`,
  },
};
