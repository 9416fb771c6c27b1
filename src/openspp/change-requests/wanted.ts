import type { OdooValues } from '../../odoo/orm.ts';
import { text } from '../../odoo/values.ts';
import { reinstatement } from '../correction.ts';
import type { InRow } from '../stages.ts';
import type { RequestTexts } from '../texts/index.ts';
import { type RequestKind, referenceOf } from './request.ts';

/** A change that is to be requested. */
export interface Wanted {
  kind: RequestKind;
  reference: string;
  /** What the request's detail gets; everything else of it stays as OpenSPP made it. */
  detail: OdooValues;
}

/** What is to be requested for an event. */
export interface WantedChanges {
  wanted: Wanted[];
  /** What cannot be requested, for the row's notes. */
  left: string[];
  /** Why nothing can be requested; ends the event in error. */
  error: string | null;
}

/** Fields of a patch that the exit of a deceased registrant says. */
const OF_EXIT: ReadonlySet<string> = new Set(['disabled', 'disabled_by', 'disabled_reason', 'death_date']);

/** The requests that ask for what the rules decided: an exit for a death, the birth date, the registration number. */
export function wantedChanges(item: InRow, texts: RequestTexts): WantedChanges {
  const { change, number, replaces, event, registrant, row, facts } = item;
  const changes: WantedChanges = { wanted: [], left: [], error: null };
  if (!registrant) return changes;
  // Taken back and in force again, it is requested again: what was rejected was rejected for that.
  const inForce = reinstatement([...(row.notes?.split('\n') ?? []), ...facts]);
  const again = inForce === null ? [] : [inForce];
  const fields = Object.keys(change.patch);
  if (fields.some((field) => field === 'civil_status_id' || field === 'civil_status'))
    return { ...changes, error: texts.noCivilStatus };
  const want = (kind: RequestKind, content: readonly (string | number)[], detail: OdooValues) =>
    changes.wanted.push({
      kind,
      reference: referenceOf(row.id, kind, [registrant.id, ...content, ...again]),
      detail,
    });
  const exits = fields.includes('disabled');
  if (exits) {
    const date = event.date ?? change.exit?.date ?? new Date(event.receivedAt).toISOString().slice(0, 10);
    want('exit_registrant', [event.date ?? ''], {
      exit_reason: 'deceased',
      exit_date: date,
      death_date: event.date ?? false,
      is_end_active_memberships: true,
    });
  } else if (change.redate) {
    changes.left.push(texts.deathRedated(change.redate.from, change.redate.to));
  }
  const birthdate = text(change.patch.birthdate);
  if (birthdate !== null) want('edit_individual', [birthdate], { birthdate });
  if (number) {
    const { idTypeId, identifier } = number;
    want('update_id', ['add', idTypeId, identifier.value], {
      operation: 'add',
      id_type_id: idTypeId,
      id_value: identifier.value,
    });
  }
  if (replaces) {
    const { id, number: corrected } = replaces;
    want('update_id', ['update', id, corrected.identifier.value], {
      operation: 'update',
      existing_id_record_id: id,
      id_type_id: corrected.idTypeId,
      id_value: corrected.identifier.value,
    });
  }
  const rest = fields.filter(
    (field) => field !== 'birthdate' && !(OF_EXIT.has(field) && (exits || change.redate)),
  );
  if (rest.length > 0) changes.left.push(texts.fieldsLeft(rest));
  return changes;
}
