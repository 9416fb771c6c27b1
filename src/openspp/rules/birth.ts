import { textsIn } from '../texts/index.ts';
import { type Change, NO_CHANGE, type Rule } from './rule.ts';

/**
 * A birth fills an empty birth date. One that is there stays: a caseworker may have seen the certificate. A correction
 * replaces the date that the registry said before, and no other.
 */
export const birth: Rule = ({ event, registrant, corrects, openspp }): Change => {
  const texts = textsIn(openspp.language).birth;
  if (event.date === null) return event.dateNote ? NO_CHANGE : { ...NO_CHANGE, notes: [texts.noDate] };
  if (registrant.birthdate === null) {
    return { ...NO_CHANGE, patch: { birthdate: event.date }, done: [texts.is(event.date)] };
  }
  if (registrant.birthdate === event.date) return { ...NO_CHANGE, notes: [texts.is(event.date)] };
  if (corrects?.date && registrant.birthdate === corrects.date) {
    return {
      ...NO_CHANGE,
      patch: { birthdate: event.date },
      done: [texts.changed(corrects.date, event.date)],
    };
  }
  return { ...NO_CHANGE, notes: [texts.kept(registrant.birthdate, event.date)] };
};
