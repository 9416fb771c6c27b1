import type { RegistrantPatch } from '../registrant.ts';
import type { Change, Rule } from './rule.ts';

/**
 * A death dates the death where OpenSPP keeps that date, disables the registrant, and ends the running program
 * memberships.
 */
export const death: Rule = ({ event, registrant, openspp, receivedOn, now }): Change => {
  const patch: RegistrantPatch = {};
  const notes: string[] = [];
  if (registrant.deathDate === null && event.date !== null) patch.death_date = event.date;
  if (registrant.deathDate && event.date !== null && registrant.deathDate !== event.date) {
    notes.push(
      `Date of death not changed: OpenSPP has ${registrant.deathDate}, the registry says ${event.date}.`,
    );
  }
  const reason = `Deceased - CRVS notification received on ${receivedOn}`;
  if (registrant.disabled === null) {
    patch.disabled = now;
    patch.disabled_by = openspp.uid;
    patch.disabled_reason = reason;
  } else if (registrant.disabledReason !== reason) {
    notes.push(
      `The registrant was disabled already, on ${registrant.disabled.slice(0, 10)}; that was left as it is.`,
    );
  }
  if (event.date === null) notes.push('The registry sent no date of death.');
  return { patch, exit: { date: event.date ?? receivedOn, reason }, notes };
};
