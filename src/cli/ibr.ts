import type { Beneficiary } from '../registries/ibr-records.ts';
import type { EnrollmentStatus, IbrService } from '../registries/ibr-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { printJson, printMembers } from './print-value.ts';
import {
  ASYNC_OPTIONS_HELP,
  partnerId,
  REGISTRY_OPTIONS_HELP,
  type RegistryWork,
  registryCommand,
} from './registries.ts';

const USAGE = `Usage: npm run -s bridge -- ibr check-duplication REGISTRANT
       npm run -s bridge -- ibr search TYPE VALUE
       npm run -s bridge -- ibr enrollment TYPE VALUE

Asks the integrated beneficiary registry of source ${DEFAULT_SOURCES.ibr}: whether a registrant (an id of res.partner in OpenSPP)
is enrolled elsewhere under any of their identifiers, who is known under an identifier, and in which programs.
${REGISTRY_OPTIONS_HELP}${ASYNC_OPTIONS_HELP}`;

/** Asks a registry of beneficiaries. */
export const ibr = registryCommand(USAGE, workOf, (registries, source) => registries.ibr(source));

function workOf([action, ...rest]: string[], json: boolean): RegistryWork<IbrService> | null {
  const [type = '', value = ''] = rest;
  if (action === 'check-duplication' && rest.length === 1) {
    const id = partnerId(type);
    return { work: (service) => checkDuplication(service, id, json) };
  }
  if (action === 'search' && rest.length === 2) {
    const print = (answer: { beneficiaries?: Beneficiary[] }) => printFound(answer.beneficiaries ?? [], json);
    return {
      work: async (service) => print({ beneficiaries: await service.searchBeneficiary(type, value) }),
      later: { lookup: 'search-beneficiary', type, value, print },
    };
  }
  if (action === 'enrollment' && rest.length === 2) {
    const print = (status: object) => printEnrollment(status as EnrollmentStatus, json);
    return {
      work: async (service) => print(await service.getEnrollmentStatus(type, value)),
      later: { lookup: 'enrollment', type, value, print },
    };
  }
  return null;
}

async function checkDuplication(service: IbrService, id: number, json: boolean): Promise<number> {
  const result = await service.checkDuplication(id);
  if (json) {
    printJson(result);
    return 0;
  }
  const programs = result.matchedPrograms.join(', ') || 'none named';
  process.stdout.write(result.isDuplicate ? `duplicate, programs: ${programs}\n` : 'no duplicate\n');
  for (const { type, found, error } of result.checked)
    process.stdout.write(`${type}: ${error ?? `${found} found`}\n`);
  return 0;
}

function printFound(found: readonly Beneficiary[], json: boolean): number {
  if (json) printJson(found);
  else if (found.length === 0) process.stdout.write('nobody is known under this identifier\n');
  else for (const { record: _, ...beneficiary } of found) printMembers(beneficiary);
  return 0;
}

function printEnrollment(status: EnrollmentStatus, json: boolean): number {
  if (json) printJson(status);
  else if (!status.enrolled) process.stdout.write('not enrolled\n');
  else process.stdout.write(`enrolled, programs: ${status.programs.join(', ') || 'none named'}\n`);
  return 0;
}
