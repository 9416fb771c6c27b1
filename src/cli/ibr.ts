import type { RecordState } from '../registries/duplication-record.ts';
import type { BeneficiaryAnswer, EnrollmentAnswer } from '../registries/ibr-answers.ts';
import type { IbrService } from '../registries/ibr-service.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { CliCommand } from './cli-command.ts';
import { settingsOf } from './options.ts';
import { printMembers, printText } from './output.ts';
import { printAnswer } from './print-answer.ts';
import { addLookup, type RegistryOptions, withRegistries, withSource } from './registries.ts';
import { partnerId } from './values.ts';

/** Asks a registry of beneficiaries. */
export function ibr(group: CliCommand, env: NodeJS.ProcessEnv): void {
  const usual = DEFAULT_SOURCES.ibr;
  const serviceOf = async (registries: Registries, source: string | undefined) => registries.ibr(source);
  group.description(
    `Asks the integrated beneficiary registry of source ${usual}. Exits with 3 where the answer is not known: neither a yes nor a no.`,
  );
  withSource(
    group
      .command('check-duplication')
      .summary('say whether a registrant is enrolled elsewhere under any of their identifiers')
      .argument('<registrant>', 'the id of a registrant (res.partner) in OpenSPP', partnerId)
      .option('--no-record', 'do not write the outcome to OpenSPP’s duplication checks'),
    usual,
  ).runs<RegistryOptions & { record: boolean }, [number]>((options, id) =>
    withRegistries(settingsOf(options, env), false, async ({ registries }) =>
      checkDuplication(await serviceOf(registries, options.source), id, options.json, options.record),
    ),
  );
  addLookup(group, env, usual, {
    name: 'search',
    summary: 'show who is known under an identifier',
    lookup: 'search-beneficiary',
    serviceOf,
    ask: (service: IbrService, type, value) => service.searchBeneficiary(type, value),
    print: printFound,
  });
  addLookup(group, env, usual, {
    name: 'enrollment',
    summary: 'show the programs that a person is enrolled in',
    lookup: 'enrollment',
    serviceOf,
    ask: (service: IbrService, type, value) => service.getEnrollmentStatus(type, value),
    print: printEnrollment,
  });
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
    printText(known.kind === 'yes' ? `duplicate, programs: ${programs}` : 'no duplicate');
    return 0;
  });
  for (const { type, found, outcome } of json ? [] : answer.checked) {
    const isKnown = outcome === 'yes' || outcome === 'no';
    printText(`${type}: ${isKnown ? `${found} found` : `not known (${outcome})`}`);
  }
  const { state } = answer.recorded;
  if (!json && state !== 'off') printText(`in OpenSPP: ${RECORDED[state]}`);
  return code;
}

/** Whether the outcome is where OpenSPP's users look for it. */
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
    if (known.kind === 'no') printText('no person has this identifier there');
    else for (const { record: _, ...beneficiary } of known.beneficiaries) printMembers(beneficiary);
    return 0;
  });
}

function printEnrollment(answer: EnrollmentAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (json) return 0;
    const programs = known.kind === 'yes' ? known.programs.join(', ') || 'none named' : '';
    printText(known.kind === 'yes' ? `enrolled, programs: ${programs}` : 'not enrolled');
    return 0;
  });
}
