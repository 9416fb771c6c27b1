import { char } from '../model/field.ts';
import { buildModel, type Model, type ModelDefinition } from '../model/model.ts';
import { apiKey, apiKeyWizard, identityCheck } from './api-key.ts';
import { changeRequest } from './change-request.ts';
import { changeRequestDetails } from './change-request-details.ts';
import { approvalDefinition, changeRequestType } from './change-request-type.ts';
import { company } from './company.ts';
import { configParameter } from './config-parameter.ts';
import { crvsEvent } from './crvs-event.ts';
import { crvsSender } from './crvs-sender.ts';
import { cycle, cycleMembership, entitlement } from './cycle.ts';
import { dataSource } from './data-source.ts';
import { disabilityStatus } from './disability-status.ts';
import { duplicationCheck } from './duplication-check.ts';
import { group } from './group.ts';
import { groupMembership } from './group-membership.ts';
import { idType } from './id-type.ts';
import { irModel } from './ir-model.ts';
import { irModelFields } from './ir-model-fields.ts';
import { modelData } from './model-data.ts';
import { module } from './module.ts';
import { partner } from './partner.ts';
import { program } from './program.ts';
import { programMembership } from './program-membership.ts';
import { oldRegistryId, registryId } from './registry-id.ts';
import { lockRegistrants } from './registry-lock.ts';
import { rtcSession } from './rtc-session.ts';
import { sequence } from './sequence.ts';
import { trackSource } from './source-tracking.ts';
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
  /** The registry lock of the SP-MIS starter. */
  lock?: boolean;
  /** Change requests with approval. */
  changeRequests?: boolean;
  /** Where each value comes from, on registrants and their IDs. */
  sourceTracking?: boolean;
  /** Registry IDs of which an invalid one blocks its type. */
  oldIds?: boolean;
}

/** The models of a deployment. */
export function allModels(options: ModelOptions): Model[] {
  const { extras, programs, disability = false } = options;
  const event = extras
    ? { ...crvsEvent, fields: { ...crvsEvent.fields, cause_of_death: char() } }
    : crvsEvent;
  const ids = options.oldIds ? oldRegistryId : registryId;
  const registrant = registrantModel(options);
  return [
    group,
    company,
    user,
    apiKey,
    apiKeyWizard,
    identityCheck,
    modelData,
    module,
    sequence,
    configParameter,
    rtcSession,
    registrant,
    vocabulary,
    vocabularyCode,
    idType,
    options.sourceTracking ? trackSource(ids) : ids,
    groupMembership,
    ...(programs ? [program, programMembership(registrant), cycle, cycleMembership, entitlement] : []),
    event,
    crvsSender,
    dataSource,
    duplicationCheck,
    ...(disability ? [disabilityStatus] : []),
    ...(options.changeRequests
      ? [approvalDefinition, changeRequestType, changeRequest, ...changeRequestDetails]
      : []),
    irModel,
    irModelFields,
  ].map(buildModel);
}

function registrantModel({ extras, lock, sourceTracking }: ModelOptions): ModelDefinition {
  const plain = partner({ deathDate: extras });
  const tracked = sourceTracking ? trackSource(plain) : plain;
  return lock ? lockRegistrants(tracked) : tracked;
}
