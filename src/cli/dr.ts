import type { AssessmentAnswer, DisabilityAnswer } from '../registries/dr-answers.ts';
import type { DrService } from '../registries/dr-service.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { CliCommand } from './cli-command.ts';
import { settingsOf } from './options.ts';
import { printJson, printMembers, printText } from './output.ts';
import { NOT_KNOWN_EXIT, printAnswer } from './print-answer.ts';
import { addLookup, type RegistryOptions, withRegistries, withSource } from './registries.ts';
import { partnerId } from './values.ts';

/** Asks a disability registry. */
export function dr(group: CliCommand, env: NodeJS.ProcessEnv): void {
  const usual = DEFAULT_SOURCES.dr;
  const serviceOf = async (registries: Registries, source: string | undefined) => registries.dr(source);
  group.description(
    `Asks the disability registry of source ${usual}. Exits with 3 where the answer is not known: neither a yes nor a no, such as for a person who is not registered there.`,
  );
  const aboutRegistrant = (
    name: string,
    summary: string,
    work: (service: DrService, id: number, json: boolean) => Promise<number>,
  ) =>
    withSource(
      group
        .command(name)
        .summary(summary)
        .argument('<registrant>', 'the id of a registrant (res.partner) in OpenSPP', partnerId),
      usual,
    ).runs<RegistryOptions, [number]>((options, id) =>
      withRegistries(settingsOf(options, env), false, async ({ registries }) =>
        work(await serviceOf(registries, options.source), id, options.json),
      ),
    );
  aboutRegistrant('status', 'show the disability status of a registrant', async (service, id, json) =>
    printStatus(await service.getDisabilityStatus(id), json),
  );
  aboutRegistrant('is-pwd', 'say whether a registrant is a person with disability', isPwd);
  aboutRegistrant('sync', 'write the disability status of a registrant into OpenSPP', sync);
  addLookup(group, env, usual, {
    name: 'assessment',
    summary: 'show a functional assessment (Washington Group scores, 1 to 4)',
    lookup: 'assessment',
    serviceOf,
    ask: (service: DrService, type, value) => service.getFunctionalAssessment(type, value),
    print: printAssessment,
  });
}

async function isPwd(service: DrService, id: number, json: boolean): Promise<number> {
  return printAnswer(await service.isPwd(id), json, ({ kind }) => {
    if (!json) printText(`${kind === 'yes' ? 'a' : 'not a'} person with disability`);
    return 0;
  });
}

async function sync(service: DrService, id: number, json: boolean): Promise<number> {
  const synced = await service.syncDisabilityData(id);
  if (json) printJson(synced);
  const isKnown = synced.answer.kind !== 'not_known';
  if (!json && isKnown) {
    printText(`${synced.created ? 'created' : 'updated'} disability status ${synced.statusId}`);
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
