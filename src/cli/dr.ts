import type { DrService } from '../registries/dr-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { printJson, printMembers } from './print-value.ts';
import {
  ASYNC_OPTIONS_HELP,
  partnerId,
  REGISTRY_OPTIONS_HELP,
  type RegistryWork,
  registryCommand,
} from './registries.ts';

const USAGE = `Usage: npm run -s bridge -- dr status REGISTRANT
       npm run -s bridge -- dr assessment TYPE VALUE
       npm run -s bridge -- dr is-pwd REGISTRANT
       npm run -s bridge -- dr sync REGISTRANT

Asks the disability registry of source ${DEFAULT_SOURCES.dr}: for the disability status of a registrant (an id of res.partner in
OpenSPP), for a functional assessment (Washington Group scores, 1 to 4), and whether a registrant is a person with
disability; sync writes the status into OpenSPP.
${REGISTRY_OPTIONS_HELP}${ASYNC_OPTIONS_HELP}`;

/** Asks a disability registry. */
export const dr = registryCommand(USAGE, workOf, (registries, source) => registries.dr(source));

function workOf([action, ...rest]: string[], json: boolean): RegistryWork<DrService> | null {
  const [first = '', second = ''] = rest;
  if (action === 'assessment' && rest.length === 2) {
    const print = (answer: { assessment?: object | null }) => shown(answer.assessment ?? null, json);
    return {
      work: async (service) => print({ assessment: await service.getFunctionalAssessment(first, second) }),
      later: { lookup: 'assessment', type: first, value: second, print },
    };
  }
  if (rest.length !== 1 || !['status', 'is-pwd', 'sync'].includes(action ?? '')) return null;
  const id = partnerId(first);
  if (action === 'status')
    return { work: async (service) => shown(await service.getDisabilityStatus(id), json) };
  return { work: (service) => (action === 'is-pwd' ? isPwd(service, id, json) : sync(service, id, json)) };
}

async function isPwd(service: DrService, id: number, json: boolean): Promise<number> {
  const answer = await service.isPwd(id);
  if (json) printJson({ isPwd: answer });
  else process.stdout.write(`${answer ? 'a' : 'not a'} person with disability\n`);
  return 0;
}

async function sync(service: DrService, id: number, json: boolean): Promise<number> {
  const synced = await service.syncDisabilityData(id);
  if (json) printJson(synced);
  else
    process.stdout.write(`${synced.created ? 'created' : 'updated'} disability status ${synced.statusId}\n`);
  return 0;
}

/** Exits with 1 where the registry knows nothing. */
function shown(found: object | null, json: boolean): number {
  if (json) printJson(found);
  else if (!found) process.stdout.write('the registry knows nothing of this person\n');
  else printMembers(Object.fromEntries(Object.entries(found).filter(([name]) => name !== 'record')));
  return found ? 0 : 1;
}
