import { char } from '../model/field.ts';
import { buildModel, type Model } from '../model/model.ts';
import { apiKey, apiKeyWizard, identityCheck } from './api-key.ts';
import { configParameter } from './config-parameter.ts';
import { crvsEvent } from './crvs-event.ts';
import { crvsSender } from './crvs-sender.ts';
import { dataSource } from './data-source.ts';
import { disabilityStatus } from './disability-status.ts';
import { group } from './group.ts';
import { idType } from './id-type.ts';
import { irModel } from './ir-model.ts';
import { irModelFields } from './ir-model-fields.ts';
import { modelData } from './model-data.ts';
import { module } from './module.ts';
import { partner } from './partner.ts';
import { program } from './program.ts';
import { programMembership } from './program-membership.ts';
import { registryId } from './registry-id.ts';
import { rtcSession } from './rtc-session.ts';
import { sequence } from './sequence.ts';
import { user } from './user.ts';
import { vocabulary } from './vocabulary.ts';
import { vocabularyCode } from './vocabulary-code.ts';

/** What a deployment has besides OpenSPP's base. */
export interface ModelOptions {
  /** The fields that other modules add: a death date, a country's own field on the event. */
  extras: boolean;
  /** The programs module. */
  programs: boolean;
  /** The DCI client for disability registries; not there where left out. */
  disability?: boolean;
}

/** The models of a deployment. */
export function allModels({ extras, programs, disability = false }: ModelOptions): Model[] {
  const event = extras
    ? { ...crvsEvent, fields: { ...crvsEvent.fields, cause_of_death: char() } }
    : crvsEvent;
  return [
    group,
    user,
    apiKey,
    apiKeyWizard,
    identityCheck,
    modelData,
    module,
    sequence,
    configParameter,
    rtcSession,
    partner({ deathDate: extras }),
    vocabulary,
    vocabularyCode,
    idType,
    registryId,
    ...(programs ? [program, programMembership] : []),
    event,
    crvsSender,
    dataSource,
    ...(disability ? [disabilityStatus] : []),
    irModel,
    irModelFields,
  ].map(buildModel);
}
