import type { FieldUse } from '../extensions/needs.ts';
import type { OdooSettings } from '../odoo/settings.ts';
import type { ApplySettings } from '../openspp/apply-mode.ts';
import type { MatchingSettings } from '../openspp/matching.ts';
import type { UrlPolicy } from '../registry-keys/url.ts';
import { checkApiKey } from './api-key.ts';
import { checkChanges } from './changes.ts';
import { checkCivilStatus } from './civil-status.ts';
import { checkEventTable } from './event-table.ts';
import { examineConnection } from './examine-connection.ts';
import { checkExtensions } from './extensions.ts';
import { checkFields } from './fields.ts';
import { AREAS, type Area, areaOf, type Finding, skipped } from './finding.ts';
import { checkIdTypes } from './id-types.ts';
import { checkModels } from './models.ts';
import { readDeployment } from './read/deployment.ts';
import type { CreateCost, EventTableReading } from './read/event-table.ts';
import { measureCreate, readEventTable } from './read/event-table.ts';
import { readExcessRights, readModels } from './read/models.ts';
import { readRows } from './read/rows.ts';
import { checkSenders } from './senders.ts';
import { checkSpellings, readUnfoundSpellings } from './spellings.ts';
import { checkUser } from './user.ts';
import { checkVisibility } from './visibility.ts';

/** What is to be examined. */
export interface ExamineOptions {
  odoo: OdooSettings;
  matching: MatchingSettings;
  /** How changes are applied. */
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>;
  /** When the API key ends by the settings, milliseconds since the epoch; null where they do not say. */
  apiKeyEnd: number | null;
  allowUnsigned: boolean;
  /** What the JWKS URL of a sender may be. */
  jwksPolicyOf: (senderId: string) => UrlPolicy;
  /** Events of a batch, for timing its look-up. */
  batchSize: number;
  /** Also create rows, to measure what that costs: the only thing that writes. */
  measureCreate: boolean;
  /** The fields that the country's extensions use. */
  extensionFields?: readonly FieldUse[];
}

/** What was found, in the report's order. */
export interface Examination {
  findings: Finding[];
  /** Null where it could not be read. */
  eventTable: EventTableReading | null;
  /** Null where it was not measured. */
  createCost: CreateCost | null;
}

/**
 * Looks at everything that the bridge needs of an OpenSPP, without changing it. What cannot be looked at before
 * something else is fixed is `skipped`.
 *
 * @throws OdooSettingsError for settings that cannot be right
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { odoo, matching, apply } = options;
  const now = Date.now();
  const { findings, open } = await examineConnection(odoo, options.apiKeyEnd);
  if (open === null) return stopped(findings);
  const { client, login, uid } = open;
  const deployment = await readDeployment(client, now);
  if (odoo.apiKey) findings.push(checkApiKey(deployment.keyEnds, options.apiKeyEnd, now));
  findings.push(...checkUser(uid, login, await readExcessRights(client)));
  const models = await readModels(client);
  const rows = await readRows(client, models, options.jwksPolicyOf);
  const idTypes = rows.idTypes.ok ? rows.idTypes.value : [];
  const spellings = await readUnfoundSpellings(client, idTypes, matching);
  const table = await readEventTable(client, options.batchSize);
  const cost = options.measureCreate && table.ok ? await measureCreate(client) : null;
  findings.push(
    ...checkModels(models),
    ...checkFields(models),
    ...checkIdTypes(rows.idTypes, matching),
    ...checkSpellings(spellings),
    ...checkCivilStatus(models.registrant.fields, rows.civilStatuses),
    ...checkChanges(deployment, models, apply),
    ...checkVisibility(deployment.seen),
    ...checkSenders(rows.senders, options.allowUnsigned),
    ...checkEventTable(table, cost, rows.sequences),
    ...checkExtensions(options.extensionFields ?? [], models),
  );
  return {
    findings,
    eventTable: table.ok ? table.value : null,
    createCost: cost?.ok ? cost.value : null,
  };
}

/** The areas that nothing was found about were not looked at. */
function stopped(findings: readonly Finding[]): Examination {
  const known = new Set(findings.map(areaOf));
  const rest = (Object.keys(AREAS) as Area[])
    .filter((area) => !known.has(area) && !['extensions', 'mosip', 'inbox'].includes(area))
    .map((area) => skipped(`${area}.all`, 'Not looked at: the connection has to be fixed first.'));
  return { findings: [...findings, ...rest], eventTable: null, createCost: null };
}
