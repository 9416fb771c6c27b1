const list = (words: readonly string[]) => words.join(', ');

/**
 * What the bridge writes into Odoo about change requests, in English. `notes` and `error_message` are read by every
 * internal user, `description` by those who see the request; neither names a person or quotes an identifier.
 */
export const requestsEn = {
  /** What a request of each kind changes. */
  kinds: {
    exit_registrant: 'exit',
    edit_individual: 'birth date',
    update_id: 'registration number',
  },
  named: (name: string, kind: string) => `${name} (${kind})`,
  /** Begins the line that is dropped when the decision is there. */
  waitsMark: 'Waiting for a decision on change request ',
  waits: (requests: readonly string[]) => `Waiting for a decision on change request ${list(requests)}.`,
  endFirst: (programmes: readonly string[]) =>
    `Programme memberships to end before the exit is approved, since OpenSPP's exit does not end them and hides them afterwards: ${list(programmes)}.`,
  applied: (requests: readonly string[]) => `Applied by change request ${list(requests)}.`,
  rejected: (request: string, reason: string | null) =>
    `Change request ${request} was rejected${reason === null ? ', without a reason' : `: ${reason}`}`,
  sentBack: (request: string, reason: string | null) =>
    `Change request ${request} was sent back for revision${reason === null ? ', without a reason' : `: ${reason}`}`,
  notAgain:
    'The bridge files no second request for the same change. Correct this one and submit it in OpenSPP, or reset it to draft; then retry this event.',
  reset: (request: string) =>
    `Change request ${request} was reset to draft in OpenSPP. Retry this event to have it submitted again.`,
  gone: (kind: string) =>
    `The change request (${kind}) was deleted in OpenSPP, or the bridge's user may not see it any more. Retry this event to have it filed again.`,
  notApplied: (request: string, reason: string) =>
    `Change request ${request} was approved but could not be applied: ${reason}`,
  notSubmitted: (request: string, reason: string | null) =>
    `Change request ${request} could not be submitted${reason === null ? '.' : `: ${reason}`}`,
  refused: (kind: string, reason: string) => `OpenSPP refused the change request (${kind}): ${reason}`,
  noDetail: (kind: string) =>
    `OpenSPP made no details for the change request (${kind}), so it was not submitted. An administrator must check the request type.`,
  noType: (code: string, kind: string) =>
    `OpenSPP has no active change request type "${code}", which the ${kind} needs. An administrator can activate it.`,
  noCivilStatus:
    'OpenSPP has no change request type for the civil status, and the bridge may not change it directly. Nobody was changed: change it by hand, then retry this event.',
  fieldsLeft: (fields: readonly string[]) =>
    `Not requested, since no change request has a field for it: ${list(fields)}. Change it by hand.`,
  deathRedated: (from: string, to: string) =>
    `The registry corrected the date of death from ${from} to ${to}. OpenSPP has no change request for that: an administrator must correct the registrant's date of exit by hand.`,
  recordedOnly: 'Recorded only. Press Process to apply it.',
  description: {
    death: (source: string, event: string, date: string | null) =>
      `${source} reports a death${date === null ? ' without a date' : ` on ${date}`} (CRVS event ${event}).`,
    birth: (source: string, event: string, date: string) =>
      `${source} reports the birth date ${date} (CRVS event ${event}). Nothing else of the prefilled details changes.`,
    number: (source: string, event: string, type: string) =>
      `${source} reports the registration number of a registered event (${type}, CRVS event ${event}).`,
    endFirst: (programmes: readonly string[]) =>
      `Before you approve, end these programme memberships: ${list(programmes)}. The exit does not end them, and nobody can see them afterwards.`,
  },
};

/** The same texts in another language. */
export type RequestTexts = typeof requestsEn;
