import type { Answer } from '../registries/answer.ts';
import type { AssessmentAnswer, DisabilityAnswer } from '../registries/dr-answers.ts';
import type { DrService } from '../registries/dr-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { NOT_KNOWN_EXIT, printAnswer } from './print-answer.ts';
import { printJson, printMembers } from './print-value.ts';
import {
  ASYNC_OPTIONS_HELP,
  partnerId,
  REGISTRY_OPTIONS_HELP,
  type RegistryWork,
  registryCommand,
} from './registries.ts';

const USAGE = `Usage: npm run -s bridge -- dr status REGISTRANT
       npm run -s bridge -- dr assessment TYPE VALUE | TYPE --value-file FILE
       npm run -s bridge -- dr is-pwd REGISTRANT
       npm run -s bridge -- dr sync REGISTRANT

Asks the disability registry of source ${DEFAULT_SOURCES.dr}: for the disability status of a registrant (an id of res.partner in
OpenSPP), for a functional assessment (Washington Group scores, 1 to 4), and whether a registrant is a person with
disability; sync writes the status into OpenSPP.
Exits with 3 where the answer is "not known": neither a yes nor a no, such as for somebody who is not registered.
${REGISTRY_OPTIONS_HELP}${ASYNC_OPTIONS_HELP}`;

/** Asks a disability registry. */
export const dr = registryCommand(USAGE, workOf, (registries, source) => registries.dr(source));

function workOf([action, ...rest]: string[], json: boolean): RegistryWork<DrService> | null {
  const [first = '', second = ''] = rest;
  if (action === 'assessment' && rest.length === 2) {
    const print = (answer: Answer) => printAssessment(answer as AssessmentAnswer, json);
    return {
      work: async (service) => print(await service.getFunctionalAssessment(first, second)),
      later: { lookup: 'assessment', type: first, value: second, print },
    };
  }
  if (rest.length !== 1 || !['status', 'is-pwd', 'sync'].includes(action ?? '')) return null;
  const id = partnerId(first);
  if (action === 'status')
    return { work: async (service) => printStatus(await service.getDisabilityStatus(id), json) };
  return { work: (service) => (action === 'is-pwd' ? isPwd(service, id, json) : sync(service, id, json)) };
}

async function isPwd(service: DrService, id: number, json: boolean): Promise<number> {
  return printAnswer(await service.isPwd(id), json, ({ kind }) => {
    if (!json) process.stdout.write(`${kind === 'yes' ? 'a' : 'not a'} person with disability\n`);
    return 0;
  });
}

async function sync(service: DrService, id: number, json: boolean): Promise<number> {
  const synced = await service.syncDisabilityData(id);
  if (json) printJson(synced);
  const isKnown = synced.answer.kind !== 'not_known';
  if (!json && isKnown) {
    process.stdout.write(`${synced.created ? 'created' : 'updated'} disability status ${synced.statusId}\n`);
  }
  if (isKnown) return 0;
  return json ? NOT_KNOWN_EXIT : printAnswer(synced.answer, false, () => 0);
}

function printStatus(answer: DisabilityAnswer, json: boolean): number {
  return printAnswer(answer, json, ({ status: { record: _, ...status } }) => {
    if (!json) printMembers(status);
    return 0;
  });
}

function printAssessment(answer: AssessmentAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (!json && known.kind === 'yes') printMembers(known.assessment);
    return 0;
  });
}
