import type { Fields } from '../openspp/capabilities.ts';
import { CIVIL_STATUS_NAMESPACE } from '../openspp/vocabulary.ts';
import { type Finding, ok, problem, skipped, unread } from './finding.ts';
import type { Answer } from './read/answer.ts';

const STATUSES = [
  { code: 'M', word: 'married', event: 'marriage' },
  { code: 'D', word: 'divorced', event: 'divorce' },
] as const;

/** Whether a marriage and a divorce have a civil status to set. */
export function checkCivilStatus(registrant: Answer<Fields>, codes: Answer<readonly string[]>): Finding[] {
  if (!registrant.ok) return [skipped('civil-status.field', 'The fields of registrants are not known.')];
  if (registrant.value.has('civil_status_id')) return byCode(codes);
  const older = registrant.value.get('civil_status');
  if (older) return byWord(older.selection?.map(([value]) => value));
  return [
    problem(
      'civil-status.field',
      'Registrants have neither civil_status_id nor civil_status, so marriages and divorces end in error.',
      'Install the OpenSPP module that keeps the civil status of a registrant.',
    ),
  ];
}

function byCode(codes: Answer<readonly string[]>): Finding[] {
  if (!codes.ok) return [unread('civil-status.codes', 'The civil-status codes', codes.error)];
  return STATUSES.map(({ code, word, event }) => {
    const id = `civil-status.${word}` as const;
    if (codes.value.includes(code)) return ok(id, `A ${event} sets civil_status_id to ${code}.`);
    return problem(
      id,
      `There is no civil-status code ${code} that is in use (neither archived nor deprecated), so every ${event} ends in error.`,
      `An administrator adds a local code (is_local) ${code} in the vocabulary ${CIVIL_STATUS_NAMESPACE}, or makes it active again.`,
    );
  });
}

/** @param values of the older field; undefined where it is not a Selection and takes any text */
function byWord(values: readonly string[] | undefined): Finding[] {
  return STATUSES.map(({ code, word, event }) => {
    const id = `civil-status.${word}` as const;
    const value = values ? values.find((one) => one.toLowerCase() === word || one === code) : word;
    if (value !== undefined) return ok(id, `A ${event} sets the older field civil_status to "${value}".`);
    return problem(
      id,
      `The field civil_status has no value "${word}" (it has ${values?.join(', ') || 'none'}), so every ${event} ends in error.`,
      'An administrator adds the value, or updates OpenSPP to the version that has civil_status_id.',
    );
  });
}
