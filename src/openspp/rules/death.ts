import type { RegistrantPatch } from '../registrant.ts';
import type { Change, Rule } from './rule.ts';

/** What every reason begins with that a death gives. */
export const DECEASED = 'Deceased - CRVS notification received on ';

/**
 * A death dates the death where OpenSPP keeps that date, disables the registrant, and ends the running program
 * memberships. A correction moves what the registry's date from before has set.
 */
export const death: Rule = ({ event, registrant, openspp, receivedOn, now, corrects }): Change => {
  const patch: RegistrantPatch = {};
  const notes: string[] = [];
  if (registrant.deathDate === null && event.date !== null) patch.death_date = event.date;
  const from = corrects?.date ?? null;
  const moved = from !== null && event.date !== null && from !== event.date ? { from, to: event.date } : null;
  if (moved && registrant.deathDate === moved.from) {
    patch.death_date = moved.to;
    notes.push(`Date of death changed from ${moved.from} to ${moved.to}.`);
  } else if (registrant.deathDate && event.date !== null && registrant.deathDate !== event.date) {
    notes.push(
      `Date of death not changed: OpenSPP has ${registrant.deathDate}, the registry says ${event.date}.`,
    );
  }
  const reason = `${DECEASED}${receivedOn}`;
  if (registrant.disabled === null) {
    patch.disabled = now;
    patch.disabled_by = openspp.uid;
    patch.disabled_reason = reason;
  } else if (
    registrant.disabledReason !== reason &&
    !(corrects && registrant.disabledReason?.startsWith(DECEASED))
  ) {
    notes.push(
      `The registrant was disabled already, on ${registrant.disabled.slice(0, 10)}; that was left as it is.`,
    );
  }
  if (event.date === null) notes.push('The registry sent no date of death.');
  return {
    patch,
    // What was applied already ended the memberships; one that runs again is a user's.
    exit: corrects?.applied ? null : { date: event.date ?? receivedOn, reason },
    ...(moved ? { redate: moved } : {}),
    notes,
  };
};
