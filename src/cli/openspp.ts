import { setTimeout as wait } from 'node:timers/promises';
import { odooClient } from '../composition/odoo.ts';
import type { Settings } from '../config/schema.ts';
import { opensppName } from '../config/senders.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { createLog } from '../log.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type Fingerprint, isSameOpenspp, readFingerprint } from '../openspp/fingerprint.ts';
import {
  forgetSeen,
  type KnownOpenspp,
  OpensppGuard,
  readKnown,
  replaceKnown,
} from '../openspp/known-openspp.ts';
import { Screenings } from '../screening/job.ts';
import { deleteScreenings } from '../screening/service.ts';
import { askYes } from './ask.ts';
import { noteCommand } from './audit.ts';
import type { CliCommand } from './cli-command.ts';
import { CommandError, UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { isoTime, printJson, printText, say } from './output.ts';
import { numberOption } from './values.ts';

/** Events whose row ids are forgotten in one transaction, so that messages are committed in between. */
const SLICE = 500;
/** Milliseconds between two looks at events in hand. */
const LOOK_MS = 500;

interface AcceptOptions {
  restored: boolean;
  /** Seconds. */
  wait: number;
  yes: boolean;
}

/** Whether an inbox belongs to the OpenSPP that the settings name; `moving`: `accept` was interrupted. */
type Relation = 'none' | 'same' | 'other' | 'moving';

/** What is known of an inbox and an OpenSPP. */
interface Standing {
  relation: Relation;
  /** Of the OpenSPP that the settings name. */
  name: string;
  fingerprint: Fingerprint;
  known: KnownOpenspp | null;
  /** The document that says so, to the letter. */
  text: string | null;
}

/** Shows which OpenSPP the inbox belongs to, and moves it to another one. */
export function openspp(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'An inbox keeps ids of rows in OpenSPP, so it belongs to one OpenSPP. A copy of that OpenSPP, also under another name or address, is the same one.',
  );
  group
    .command('show')
    .summary('show whether the OpenSPP at ODOO_URL is the one of the inbox')
    .withSettings()
    .runs((options) => {
      const settings = settingsOf(options, env);
      return withInbox(settings, 'look', async (inbox) =>
        show(await standingOf(inbox, settings), options.json),
      );
    });
  group
    .command('accept')
    .summary('let the inbox continue with the OpenSPP at ODOO_URL, in place of the one that it belongs to')
    .option(
      '--restored',
      'also where it is the same OpenSPP, restored from a backup that is older than the inbox',
      false,
    )
    .addOption(numberOption('--wait <seconds>', 'how long to wait for events in hand').default(60))
    .option('--yes', 'do not ask', false)
    .withSettings()
    .runs<AcceptOptions>((options) => {
      const settings = settingsOf(options, env);
      return withInbox(settings, false, (inbox) => accept(inbox, settings, options));
    });
}

/** The guard of a command that works with row ids of the inbox. */
export function guardFor(inbox: Inbox, client: OdooClient, { odoo: { url, db } }: Settings): OpensppGuard {
  const name = opensppName({ url: url ?? '', db: db ?? '' });
  return new OpensppGuard({ client, documents: inbox, name, writes: true, log: createLog('silent') });
}

/**
 * Compares the inbox with the OpenSPP of the settings.
 *
 * @throws {UsageError} where they name none
 * @throws {OdooError}
 */
export async function standingOf(inbox: Pick<Inbox, 'getDocument'>, settings: Settings): Promise<Standing> {
  const { url, db, login, apiKey, password } = settings.odoo;
  if (url === null || db === null) {
    throw new UsageError('ODOO_URL is not set: set it, and ODOO_DB, ODOO_LOGIN and ODOO_API_KEY');
  }
  const access = { url, db, login: login ?? '', apiKey, password };
  const fingerprint = await readFingerprint(odooClient(settings, access));
  const { known, text } = (await readKnown(inbox)) ?? { known: null, text: null };
  return { relation: relationOf(known, fingerprint), name: opensppName(access), fingerprint, known, text };
}

function relationOf(known: KnownOpenspp | null, fingerprint: Fingerprint): Relation {
  if (known === null) return 'none';
  if (known.fingerprint === null) return 'moving';
  return isSameOpenspp(known.fingerprint, fingerprint) ? 'same' : 'other';
}

const SENTENCES: Readonly<Record<Relation, string>> = {
  none: 'The inbox belongs to no OpenSPP yet. A bridge that delivers takes the first one that it reaches.',
  same: 'The inbox belongs to this OpenSPP.',
  other: `This is another OpenSPP than the one of the inbox: bridges write nothing to it.
Is it the wrong one, correct ODOO_URL and ODOO_DB. Is it the right one, run: crvs-bridge openspp accept`,
  moving: `The inbox is being moved to another OpenSPP, and that did not end: bridges write nothing.
Run: crvs-bridge openspp accept`,
};

function show({ relation, name, known }: Standing, json: boolean): number {
  if (json) {
    const inbox = known && { openspp: known.name, since: isoTime(known.since) };
    printJson({ openspp: name, inbox, state: relation });
  } else {
    printText(`OpenSPP: ${name}`);
    if (known) printText(`The inbox belongs to: ${known.name}, since ${isoTime(known.since)}`);
    printText(SENTENCES[relation]);
  }
  return relation === 'none' || relation === 'same' ? 0 : 1;
}

async function accept(
  inbox: Inbox,
  settings: Settings,
  { restored, wait: seconds, yes, json }: AcceptOptions & { json: boolean },
): Promise<number> {
  const standing = await standingOf(inbox, settings);
  const { relation, name, known, fingerprint } = standing;
  if (known === null || (relation === 'same' && !restored)) {
    if (json) printJson({ openspp: name, state: relation, accepted: false });
    else printText(`${SENTENCES[relation]} There is nothing to accept.`);
    return 0;
  }
  if (Object.keys(fingerprint).length === 0) {
    throw new CommandError(
      'openspp.unknown',
      'the bridge’s user can read neither a company nor itself there, so this OpenSPP could not be known again: give the user the group "Internal User"',
    );
  }
  const screenings = (await new Screenings(inbox).list()).length;
  say(`The inbox belongs to: ${known.name}
From now on it continues with: ${name}
  - All row ids that it has are forgotten. Events that wait are delivered to this OpenSPP, where registrants and rows are looked up by their identifiers.
  - Events that were read from rows in OpenSPP, and wait, are set aside.
  - ${screenings} screenings are deleted with their reports, since they name registrants by their ids.
  - What was processed before is not delivered again. \`events retry\` does that.
Stop the bridges that still deliver to another OpenSPP.`);
  if (!yes && !(await askYes('Move the inbox to this OpenSPP?', 'give --yes'))) {
    say('Nothing was changed.');
    return 1;
  }
  const moved = await move(inbox, standing, seconds * 1000);
  if (json) printJson({ openspp: name, state: 'same', accepted: true, ...moved });
  else {
    printText(`The inbox belongs to ${name}.`);
    printText(`${moved.events} events forgot their rows, and ${moved.screenings} screenings are deleted.`);
  }
  return 0;
}

/** Every step can be repeated: until the last one, no bridge writes to any OpenSPP. */
async function move(inbox: Inbox, { name, fingerprint, known, text }: Standing, waitMs: number) {
  const now = Date.now();
  const former = known ?? { name, since: now };
  const moving = await replaceKnown(inbox, text, { ...former, fingerprint: null });
  if (moving === null) throw changedMeanwhile();
  await nothingInHand(inbox, waitMs);
  let events = 0;
  for (;;) {
    const changed = await inbox.forgetRows(SLICE);
    events += changed;
    if (changed === 0) break;
  }
  const screenings = await deleteScreenings(inbox);
  await noteCommand(inbox, { action: 'openspp_accept', count: events });
  if ((await replaceKnown(inbox, moving, { name, since: now, fingerprint })) === null)
    throw changedMeanwhile();
  await forgetSeen(inbox);
  return { events, screenings };
}

/** What a bridge has in hand, it settles with ids of the OpenSPP that it works on. */
async function nothingInHand(inbox: Pick<Inbox, 'counts'>, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  for (;;) {
    const { delivering } = await inbox.counts();
    if (delivering === 0) return;
    if (performance.now() >= until) {
      throw new CommandError(
        'openspp.in_hand',
        `a bridge still has ${delivering} events in hand. Stop the bridges that deliver to the former OpenSPP. Where none runs, start one with the new settings: it gives back what a crash left. Then run this again; until then nothing is written`,
      );
    }
    await wait(LOOK_MS);
  }
}

function changedMeanwhile(): CommandError {
  return new CommandError(
    'openspp.changed',
    'somebody else moved the inbox at the same time; look with `openspp show`',
  );
}
