import type { Answer } from '../registries/answer.ts';
import type { RecordState } from '../registries/duplication-record.ts';
import type { BeneficiaryAnswer, EnrollmentAnswer } from '../registries/ibr-answers.ts';
import type { IbrService } from '../registries/ibr-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { printAnswer } from './print-answer.ts';
import { printMembers } from './print-value.ts';
import {
  ASYNC_OPTIONS_HELP,
  partnerId,
  REGISTRY_OPTIONS_HELP,
  type RegistryWork,
  registryCommand,
} from './registries.ts';

const USAGE = `Usage: npm run -s bridge -- ibr check-duplication REGISTRANT
       npm run -s bridge -- ibr search TYPE VALUE | TYPE --value-file FILE
       npm run -s bridge -- ibr enrollment TYPE VALUE | TYPE --value-file FILE

Asks the integrated beneficiary registry of source ${DEFAULT_SOURCES.ibr}: whether a registrant (an id of res.partner in OpenSPP)
is enrolled elsewhere under any of their identifiers, who is known under an identifier, and in which programs.
Exits with 3 where the answer is "not known": neither a yes nor a no.
${REGISTRY_OPTIONS_HELP}${ASYNC_OPTIONS_HELP}  --no-record with check-duplication: do not write the outcome to OpenSPP's duplication checks
`;

/** Asks a registry of beneficiaries. */
export const ibr = registryCommand(USAGE, workOf, (registries, source) => registries.ibr(source));

function workOf(
  [action, ...rest]: string[],
  json: boolean,
  record: boolean,
): RegistryWork<IbrService> | null {
  const [type = '', value = ''] = rest;
  if (action === 'check-duplication' && rest.length === 1) {
    const id = partnerId(type);
    return { recorded: true, work: (service) => checkDuplication(service, id, json, record) };
  }
  if (action === 'search' && rest.length === 2) {
    const print = (answer: Answer) => printFound(answer as BeneficiaryAnswer, json);
    return {
      work: async (service) => print(await service.searchBeneficiary(type, value)),
      later: { lookup: 'search-beneficiary', type, value, print },
    };
  }
  if (action === 'enrollment' && rest.length === 2) {
    const print = (answer: Answer) => printEnrollment(answer as EnrollmentAnswer, json);
    return {
      work: async (service) => print(await service.getEnrollmentStatus(type, value)),
      later: { lookup: 'enrollment', type, value, print },
    };
  }
  return null;
}

async function checkDuplication(
  service: IbrService,
  id: number,
  json: boolean,
  record: boolean,
): Promise<number> {
  const answer = await service.checkAndRecord(id, record);
  const code = printAnswer(answer, json, (known) => {
    if (json) return 0;
    const programs = known.kind === 'yes' ? known.matchedPrograms.join(', ') || 'none named' : '';
    process.stdout.write(known.kind === 'yes' ? `duplicate, programs: ${programs}\n` : 'no duplicate\n');
    return 0;
  });
  for (const { type, found, outcome } of json ? [] : answer.checked) {
    const isKnown = outcome === 'yes' || outcome === 'no';
    process.stdout.write(`${type}: ${isKnown ? `${found} found` : `not known (${outcome})`}\n`);
  }
  const { state } = answer.recorded;
  if (!json && state !== 'off') process.stdout.write(`in OpenSPP: ${RECORDED[state]}\n`);
  return code;
}

/** Whether the outcome stands where OpenSPP's users look for it. */
const RECORDED: Readonly<Record<Exclude<RecordState, 'off'>, string>> = {
  written: 'written to the duplication checks',
  absent: 'not written, it keeps no duplication checks',
  forbidden: 'not written, the bridge’s user may not add duplication checks',
  refused: 'not written, Odoo refused it',
  unavailable: 'not written, Odoo did not answer; check again later',
};

function printFound(answer: BeneficiaryAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (json) return 0;
    if (known.kind === 'no') process.stdout.write('nobody is known under this identifier\n');
    else for (const { record: _, ...beneficiary } of known.beneficiaries) printMembers(beneficiary);
    return 0;
  });
}

function printEnrollment(answer: EnrollmentAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (json) return 0;
    const programs = known.kind === 'yes' ? known.programs.join(', ') || 'none named' : '';
    process.stdout.write(known.kind === 'yes' ? `enrolled, programs: ${programs}\n` : 'not enrolled\n');
    return 0;
  });
}
