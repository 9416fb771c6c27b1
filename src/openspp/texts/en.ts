import type { VitalEventType } from '../../events/vital-event.ts';
import { requestsEn } from './requests-en.ts';

/** What a caseworker is to know of what else the deceased has; each is how many are open. */
export interface OpenThings {
  programmes: readonly string[];
  householdPlaces: number;
  isHead: boolean;
  rounds: number;
  entitlements: number;
}

const count = (many: number, one: string, more: string) =>
  many === 0 ? [] : [`${many} ${many === 1 ? one : more}`];

/**
 * What the bridge writes into Odoo: `notes` and `error_message` of an event's row, in English. Every internal user of
 * Odoo reads these, so they name no person, and of an identifier the last four characters at most.
 */
export const en = {
  match: {
    /** OpenSPP's own words; its users filter by them. */
    none: 'No matching person found in registry',
    archived: (types: string) =>
      `No matching person found in registry: the registrant with this ${types} is archived. Unarchive the registrant if that is wrong; the event is then matched by itself.`,
    hidden: (types: string) =>
      `No matching person found in registry: the registrant with this ${types} belongs to a company or an area that the bridge's user does not see. Ask an administrator to give the user that company or area.`,
    notRegistrant: (types: string) =>
      `No matching person found in registry: the record with this ${types} is a group or a contact, not an individual registrant.`,
    noIdentifier:
      'No matching person found in registry: the registry sent no identifier of the person. Find the registrant by the registration document.',
    transaction:
      'No birth with the transaction of this credential is known. The event is matched again by itself when the birth comes.',
    transactionOfSeveral:
      'Births of more than one person have the transaction of this credential. Nobody was changed. Compare the credential with the birth certificates, and enter its number by hand.',
    transactionLater:
      'The transaction of this credential is a registration number, and the birth with it came after the credential. Another office may have used the number again, so nobody was changed. Compare the credential with the birth certificate, and enter its number by hand.',
    otherBirth: (by: string, registrant: number) =>
      `The ${by} leads to registrant ${registrant}, who has another date of birth. Offices use registration numbers again, so nobody was changed. Check whether it is the same person.`,
    several: (leads: string) =>
      `The identifiers lead to different registrants (${leads}). Nobody was changed.`,
    contradiction: (by: string, registrant: number, type: string) =>
      `The ${by} leads to registrant ${registrant}, who has another ${type} than the registry says. Nobody was changed. Check whether it is the same person.`,
    othersNumber: (by: string, registrant: number, event: number) =>
      `The ${by} leads to registrant ${registrant}, for whom the registry sent other identifiers before (event ${event}). Nobody was changed. Check whether it is the same person.`,
    elsewhere: (type: string, registrants: string) =>
      `The ${type} is also stored for registrant ${registrants}. Two registrations may have the same number; check if that is wrong.`,
    hiddenToo: (type: string) =>
      `A registrant that the bridge's user does not see has the same ${type}. Ask an administrator which of the two it is.`,
    lead: (type: string, registrant: number) => `${type} to registrant ${registrant}`,
  },

  implausible: {
    deathBeforeBirth: (death: string, birth: string) =>
      `The death on ${death} is before the registrant's birth on ${birth}. Nobody was changed. Ask the registry which date is wrong.`,
    birthAfterDeath: (birth: string, death: string) =>
      `The birth on ${birth} is after the registrant's death on ${death}. Nobody was changed. Ask the registry which date is wrong.`,
    tooYoung: (day: string, birth: string) =>
      `On ${day} the registrant, born on ${birth}, was younger than ten. Nobody was changed. Ask the registry which date is wrong.`,
  },

  row: {
    unreadable: (field: string, fix: string) =>
      `The registry's record cannot be read. ${field}: ${fix}. Nobody was changed. Ask the registry to correct the record and send it again.`,
    gone: 'The event was archived or deleted in OpenSPP before it was processed.',
    internal: 'The bridge could not apply this event. Its log says more; retry after the bridge was updated.',
    refusedAddition: (added: string, sentence: string) =>
      `Odoo refused what is added by ${added}: ${sentence}`,
    blame: (sentence: string, added: string) => `${sentence} (What was written includes ${added}.)`,
  },

  dates: {
    'date.partial': 'The registry sent a year or a month only: no day is known, and no date was set.',
    'date.implausible': 'The registry sent a date before 1850, which is none: no date was set.',
  },

  birth: {
    is: (day: string) => `Birth date: ${day}.`,
    noDate: 'Birth date not set: the registry sent no date.',
    changed: (from: string, to: string) => `Birth date changed from ${from} to ${to}.`,
    kept: (has: string, says: string) =>
      `Birth date not changed: OpenSPP has ${has}, the registry says ${says}. Check the certificate, and correct the registrant by hand if needed.`,
  },

  death: {
    marked: 'Marked as deceased.',
    already: (day: string) => `Marked as deceased already, on ${day}.`,
    dated: (day: string) => `Date of death: ${day}.`,
    noDate: 'The registry sent no date of death.',
    dateChanged: (from: string, to: string) => `Date of death changed from ${from} to ${to}.`,
    dateKept: (has: string, says: string) =>
      `Date of death not changed: OpenSPP has ${has}, the registry says ${says}.`,
    enabledSince:
      'A user has enabled the registrant since this death was applied; that was left as it is. Check whether the person is alive.',
    disabledBefore: (day: string) =>
      `The registrant was disabled already, on ${day}; that was left as it is.`,
    hidden:
      'OpenSPP hides the programme memberships of a disabled registrant, so the bridge could not end them. A programme officer must check them: ask an administrator to enable the registrant, exit the memberships, and disable the registrant again.',
    ended: (programmes: string, day: string) => `Ended: ${programmes}, on ${day}.`,
    redated: (programmes: string, day: string) => `Exit date changed to ${day}: ${programmes}.`,
    notRedated: (from: string) =>
      `Exit dates of programme memberships that ended on ${from} stay as they are: OpenSPP hides the memberships of a disabled registrant.`,
    endedPlaces: (places: number) =>
      `Ended ${places === 1 ? '1 household place' : `${places} household places`}.`,
    open({ programmes, householdPlaces, isHead, rounds, entitlements }: OpenThings): string | null {
      const parts = [
        ...(programmes.length === 0 ? [] : [`programme memberships ${programmes.join(', ')}`]),
        ...count(householdPlaces, 'household place', 'household places').map((text) =>
          isHead ? `${text} (head of the household)` : text,
        ),
        ...count(rounds, 'payment round', 'payment rounds'),
        ...count(entitlements, 'unpaid entitlement', 'unpaid entitlements'),
      ];
      return parts.length === 0 ? null : `Open when the death was received: ${parts.join('; ')}.`;
    },
    check: (what: string) => `Close by hand: ${what}.`,
    places: 'the household places',
    newHead: 'name a new head of the household',
    placesOfHead: 'the household places, and name a new head of the household',
    rounds: 'the payment rounds',
    entitlements: 'the unpaid entitlements',
    unreadable: (models: string) => `The bridge's user may not read ${models}; check these by hand.`,
    programme: (id: number) => `programme ${id}`,
  },

  civilStatus: {
    is: { marriage: 'Civil status: married.', divorce: 'Civil status: divorced.' },
    unchanged: (reason: string) => `Civil status not changed: ${reason}.`,
    afterDeath: (type: VitalEventType, day: string, death: string) =>
      `the ${type} of ${day} is later than the registrant's death on ${death}`,
    laterApplied: (type: VitalEventType, day: string) => `a later ${type}, of ${day}, is applied already`,
    noCode: (code: string) =>
      `OpenSPP has no civil status with the code ${code}; an administrator can add it.`,
    noValue: (word: string) =>
      `OpenSPP's civil_status has no value for "${word}"; an administrator can add it.`,
    noField: 'This OpenSPP keeps no civil status: neither civil_status_id nor civil_status is a field.',
  },

  number: {
    stored: (number: string) => `Stored ${number}.`,
    revived: (number: string) => `Stored ${number} in place of a removed ID of the same type.`,
    held: (number: string, held: string) => `${number} not stored: the registrant already has ${held}.`,
    refused: (number: string, sentence: string) => `${number} not stored: OpenSPP refused it (${sentence}).`,
    noType: (number: string, type: string) =>
      `${number} not stored: OpenSPP has no ID type for ${type}; an administrator can add it.`,
    ending: (type: string, ending: string) => (ending === '' ? type : `${type} ending ${ending}`),
    as: (type: string, code: string, ending: string) =>
      ending === '' ? `${type} (${code})` : `${type} (${code}) ending ${ending}`,
  },

  correction: {
    /** A row that was corrected has a line that begins so. */
    mark: 'Registry correction:',
    /** What the lines call the date; everything else is the type of an identifier. */
    eventDate: 'event date',
    became: (what: string, from: string, to: string) => `Registry correction: ${what} ${from} became ${to}.`,
    sameValues: 'Registry correction: the same date and number.',
    nothingEarlier: 'Registry correction: no earlier event was here.',
    refused: (what: string, from: string, to: string) =>
      `The registry corrects ${what} ${from} to ${to}; that was refused, and not taken over.`,
    superseded: 'The registry has corrected this event since; nothing was changed.',
    changesNothing: 'The correction changes nothing here.',
  },

  revocation: {
    /** What the lines below begin with: by the last of them it is known whether a registration is in force. */
    marks: {
      revoked: 'Registry revocation: not in force, says the registry',
      reinstated: 'Registry revocation: in force again, says the registry',
    },
    /** @param reference of the event that says so: a registration may be taken back more than once */
    by: (mark: string, reference: string) => `${mark} (${reference}).`,
    nothingApplied: 'It was not applied.',
    superseded: 'The registry has taken this registration back since; nothing was changed.',
    partly:
      'The registry has taken this registration back, and it may have been applied in part. Check the registrant, and the programme memberships that the notes name. Do not press Retry Processing.',
    unclear: (rows: string) =>
      `The registry has taken back a registration, and OpenSPP has several events that it may be (${rows}). Nobody was changed. Check which one it is, and undo it by hand.`,
    anotherDeath: (rows: string) =>
      `The registry has taken this death registration back, after it was applied. Another death registration of the person is in force (event ${rows}), so the registrant stays disabled. Check which one is right. Do not press Retry Processing.`,
    otherDeath: (rows: string) =>
      `The registry has taken a death registration of the person back, which was not applied here. Another one is in force (event ${rows}), so the registrant stays disabled. Check which one is right. Do not press Retry Processing.`,
    rejectRequests:
      'The registry has taken this registration back. Reject the change requests that the notes name; if one is applied already, undo it by hand. Do not press Retry Processing.',
    undo: {
      birth:
        'The registry has taken this birth registration back, after it was applied. Check the birth date and the registration number of the registrant. Do not press Retry Processing.',
      death:
        'The registry has taken this death registration back, after it was applied. If the person is alive, enable the registrant, enrol the person again in the programmes and households that the notes name, and remove the stored death registration number and date of death. Do not press Retry Processing.',
      disabledBefore:
        'The registry has taken this death registration back, after it was applied. The registrant was disabled before, for another reason. Check the programmes and households that the notes name, and remove the stored death registration number. Do not press Retry Processing.',
      enabled:
        'The registry has taken this death registration back, after it was applied. The registrant is enabled again; enrol the person again in the programmes and households that the notes name, and remove the stored death registration number. Do not press Retry Processing.',
      enabledAlready:
        'The registry has taken this death registration back, after it was applied. The registrant is enabled; enrol the person again in the programmes and households that the notes name, and remove the stored death registration number and date of death. Do not press Retry Processing.',
      marriage:
        'The registry has taken this marriage registration back, after it was applied. Check the civil status of the registrant. Do not press Retry Processing.',
      divorce:
        'The registry has taken this divorce registration back, after it was applied. Check the civil status of the registrant. Do not press Retry Processing.',
    },
  },

  identity: {
    noType: (type: string) => `${type} not stored: OpenSPP has no ID type for it.`,
    noTypes: (types: string) => `OpenSPP has no ID type for ${types}; add one, and retry.`,
    newerKnown: (type: string) => `${type} left as it is: what is known of it is newer.`,
    newerStored: (type: string) => `${type} not stored: a newer one is known.`,
    held: (type: string, code: string, source: string) =>
      `${type} not stored: the registrant already has another ${code}, which did not come from ${source}. Nothing was changed.`,
  },

  /** In place of a registrant's name in a sentence of Odoo. */
  requests: requestsEn,

  theRegistrant: 'the registrant',
};

/** The same texts in another language. */
export type OpensppTexts = typeof en;
