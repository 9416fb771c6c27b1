import { type Change, NO_CHANGE, type Rule } from './rule.ts';

/** A birth fills an empty birth date. One that is there stays: a caseworker may have seen the certificate. */
export const birth: Rule = ({ event, registrant }): Change => {
  if (event.date === null) {
    return { ...NO_CHANGE, notes: ['Birth date not set: the registry sent no date.'] };
  }
  if (registrant.birthdate === null) return { ...NO_CHANGE, patch: { birthdate: event.date } };
  if (registrant.birthdate === event.date) return NO_CHANGE;
  return {
    ...NO_CHANGE,
    notes: [`Birth date not changed: OpenSPP has ${registrant.birthdate}, the registry says ${event.date}.`],
  };
};
