import { type Change, NO_CHANGE, type Rule } from './rule.ts';

/**
 * A birth fills an empty birth date. One that is there stays: a caseworker may have seen the certificate. A correction
 * replaces the date that the registry said before, and no other.
 */
export const birth: Rule = ({ event, registrant, corrects }): Change => {
  if (event.date === null) {
    return { ...NO_CHANGE, notes: ['Birth date not set: the registry sent no date.'] };
  }
  if (registrant.birthdate === null) return { ...NO_CHANGE, patch: { birthdate: event.date } };
  if (registrant.birthdate === event.date) return NO_CHANGE;
  if (corrects && registrant.birthdate === corrects.date) {
    return {
      ...NO_CHANGE,
      patch: { birthdate: event.date },
      notes: [`Birth date changed from ${corrects.date} to ${event.date}.`],
    };
  }
  return {
    ...NO_CHANGE,
    notes: [`Birth date not changed: OpenSPP has ${registrant.birthdate}, the registry says ${event.date}.`],
  };
};
