import { styleText } from 'node:util';
import type { Settings } from '../config/schema.ts';
import { fetchPolicyOf } from '../config/senders.ts';
import { INDEX_SQL } from '../doctor/event-table.ts';
import { type Examination, examine } from '../doctor/examine.ts';
import { areaOf, type Finding, type FindingState } from '../doctor/finding.ts';
import { checkInboxLog, checkInboxOwner, inboxLogBytes } from '../doctor/inbox.ts';
import { checkLeases } from '../doctor/mosip.ts';
import { reportOf, summaryOf } from '../doctor/print.ts';
import type { Extension } from '../extensions/extension.ts';
import { loadExtensions } from '../extensions/load.ts';
import { fieldUses } from '../extensions/needs.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import { OdooError } from '../odoo/errors.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { doctorSources } from './doctor-sources.ts';
import { withInbox } from './inbox.ts';
import { keptLeases } from './mosip.ts';
import { standingOf } from './openspp.ts';
import { settingsOf } from './options.ts';
import { printJson, printText } from './output.ts';

/** A call that takes longer shows a problem by itself: nobody should wait minutes for a diagnosis. */
const TIMEOUT_MS = 30_000;
const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red', skipped: 'gray' } as const;

interface Options extends CommonOptions {
  measureCreate: boolean;
}

/** Checks what the bridge needs of an OpenSPP and says how to fix what is missing. */
export function doctor(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Checks the OpenSPP at ODOO_URL: the connection, the protocol, the rights of the bridge’s user, models, fields, ID types, civil-status codes, how changes are applied, who can be found, senders, the event table, when the API key ends, and whether the inbox belongs to this OpenSPP; says of each gap how to fix it. Changes nothing, unless asked to measure. Exits with 0 where there is no problem (there may be warnings), with 1 where there is one.',
    )
    .option(
      '--measure-create',
      'measure what a new event costs, by creating 60 rows in the event table. They are archived and say what they are; the bridge’s user cannot delete them, so they stay',
      false,
    )
    .withSettings()
    .runs<Options>((options) => run(options, env));
}

async function run(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const settings = settingsOf(options, env);
  const { url, db } = settings.odoo;
  if (url === null || db === null) {
    throw new UsageError(
      'ODOO_URL is not set: set it, and ODOO_DB, ODOO_LOGIN and ODOO_API_KEY, to check an OpenSPP',
    );
  }
  const extensions = (await loadExtensions(settings.extensions)).map(({ extension }) => extension);
  const examination = await examineOpenspp(settings, url, db, options.measureCreate, extensions);
  // Before anything opens the inbox, which may empty the log.
  const log = checkInboxLog(inboxLogBytes(settings.inbox.url));
  examination.findings.push(...(await leaseFindings(settings)), ...(await ownerFindings(settings)), ...log);
  const problems = summaryOf(examination.findings).problem;
  const sources = await doctorSources(settings);
  if (options.json) printJson({ ...jsonOf(url, db, examination), sources });
  else {
    printText(reportOf(`OpenSPP at ${url}, database ${db}`, examination.findings, paint).trimEnd());
    for (const warning of sources) printText(`${paint('!', 'warning')} ${warning}`);
  }
  return problems === 0 ? 0 : 1;
}

/** Nothing where there is no inbox yet, or OpenSPP does not answer: other findings say so. */
async function ownerFindings(settings: Settings): Promise<Finding[]> {
  try {
    const standing = await withInbox(settings, 'look', (inbox) => standingOf(inbox, settings));
    return checkInboxOwner(standing.relation, standing.known?.name ?? null);
  } catch (error) {
    if (error instanceof InboxUnavailableError || error instanceof OdooError) return [];
    throw error;
  }
}

async function leaseFindings(settings: Settings): Promise<Finding[]> {
  const { topics } = settings.mosip;
  if (topics.length === 0) return [];
  const leases = await keptLeases(settings).catch((error: unknown) => {
    if (error instanceof InboxUnavailableError) return null;
    throw error;
  });
  return checkLeases(leases, settings.mosip.hub !== null, settings.subscriptions.renewBeforeMs, Date.now());
}

function examineOpenspp(
  settings: Settings,
  url: string,
  db: string,
  measureCreate: boolean,
  extensions: readonly Extension[],
): Promise<Examination> {
  const { login, apiKey, password, protocol, timeoutMs } = settings.odoo;
  return examine({
    odoo: {
      url,
      db,
      login: login ?? '',
      apiKey: apiKey ?? undefined,
      password: password ?? undefined,
      protocol,
      timeoutMs: Math.min(timeoutMs, TIMEOUT_MS),
    },
    matching: settings.matching,
    apply: settings.apply,
    apiKeyEnd: settings.odoo.apiKeyExpires,
    allowUnsigned: settings.signature.allowUnsigned,
    jwksPolicyOf: (senderId) => fetchPolicyOf(settings, senderId),
    batchSize: settings.delivery.batchSize.maximum,
    measureCreate,
    extensionFields: fieldUses(extensions),
  });
}

function jsonOf(url: string, db: string, { findings, eventTable, createCost }: Examination) {
  const rounded = (ms: number) => Math.round(ms * 100) / 100;
  const summary = summaryOf(findings);
  return {
    ok: summary.problem === 0,
    url,
    db,
    summary,
    checks: findings.map((finding) => ({ area: areaOf(finding), ...finding })),
    event_table: eventTable && {
      rows: eventTable.rows,
      lookup_ms: rounded(eventTable.lookupMs),
      lookup_events: eventTable.batchSize,
      create: createCost && {
        ms_per_row: rounded(createCost.msPerRow),
        uniqueness_ms_per_row: rounded(createCost.uniquenessMsPerRow),
        rows_written: createCost.rowsWritten,
      },
      index_sql: INDEX_SQL,
    },
  };
}

/** `styleText` leaves the mark plain where the output is no terminal, or NO_COLOR asks for that. */
function paint(mark: string, state: FindingState): string {
  return styleText(COLOURS[state], mark, { stream: process.stdout });
}
