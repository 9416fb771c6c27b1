import type { Registrant, RegistrantPatch } from '../registrant.ts';
import { textsIn } from '../texts/index.ts';
import type { Change, Rule } from './rule.ts';

/** What every reason begins with that a death gives, OpenSPP's own processing included. */
export const DECEASED = 'Deceased - CRVS notification received on ';
/** What the bridge adds to a registrant's reason: it shows that the memberships were ended first. */
const AFTER_MEMBERSHIPS = ' (program memberships ended first)';

/** Whether a registrant was disabled for a death, by the bridge or by OpenSPP's own processing. */
export function isDisabledByDeath({ disabled, disabledReason }: Registrant): boolean {
  return disabled !== null && (disabledReason?.startsWith(DECEASED) ?? false);
}

/**
 * A death ends the running program memberships, dates the death where OpenSPP keeps that date, and disables the
 * registrant. A correction moves what the registry's date from before has set.
 */
export const death: Rule = ({ event, registrant, openspp, receivedOn, now, corrects }): Change => {
  const texts = textsIn(openspp.language).death;
  const patch: RegistrantPatch = {};
  const notes: string[] = [];
  const done: string[] = [];
  const reason = `${DECEASED}${receivedOn}`;
  const disabledReason = openspp.membership ? `${reason}${AFTER_MEMBERSHIPS}` : reason;
  const byBridge = openspp.membership ? registrant.disabledReason?.endsWith(AFTER_MEMBERSHIPS) : true;
  if (registrant.disabled === null && corrects?.applied) {
    // A user has enabled the registrant since, and may know better than a registry that corrects a date.
    notes.push(texts.enabledSince);
  } else if (registrant.disabled === null) {
    patch.disabled = now;
    patch.disabled_by = openspp.uid;
    patch.disabled_reason = disabledReason;
    done.push(texts.marked);
  } else if (registrant.disabledReason?.startsWith(DECEASED)) {
    notes.push(
      registrant.disabledReason === disabledReason
        ? texts.marked
        : texts.already(registrant.disabled.slice(0, 10)),
    );
  } else {
    notes.push(texts.disabledBefore(registrant.disabled.slice(0, 10)));
  }
  const from = corrects?.date ?? null;
  const moved = from !== null && event.date !== null && from !== event.date ? { from, to: event.date } : null;
  if (registrant.deathDate === null && event.date !== null) {
    patch.death_date = event.date;
    done.push(texts.dated(event.date));
  } else if (moved && registrant.deathDate === moved.from) {
    patch.death_date = moved.to;
    done.push(texts.dateChanged(moved.from, moved.to));
  } else if (registrant.deathDate && event.date !== null && registrant.deathDate !== event.date) {
    notes.push(texts.dateKept(registrant.deathDate, event.date));
  }
  if (event.date === null && !event.dateNote) notes.push(texts.noDate);
  // Hidden memberships that nobody ended: of registrants disabled otherwise, or by OpenSPP's own processing.
  if (registrant.disabled !== null && !byBridge && !corrects?.applied) notes.push(texts.hidden);
  return {
    patch,
    // What was applied already ended the memberships; one that runs again is a user's.
    exit: corrects?.applied ? null : { date: event.date ?? receivedOn, reason },
    ...(moved ? { redate: moved } : {}),
    notes,
    done,
  };
};
