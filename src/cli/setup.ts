import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import { checkWays } from '../doctor/changes.ts';
import { addressProblem, connectionProblem } from '../doctor/examine-connection.ts';
import type { Finding } from '../doctor/finding.ts';
import { MARKS } from '../doctor/print.ts';
import { SERVICE_USER } from '../doctor/requirements.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { OdooError } from '../odoo/errors.ts';
import { connectWebSession } from '../odoo/web-session.ts';
import { readAccess } from '../openspp/access.ts';
import { apply, type MadeKey } from '../setup/apply.ts';
import { forecast, remarks } from '../setup/forecast.ts';
import { planOf } from '../setup/plan.ts';
import { readFound } from '../setup/read.ts';
import type { NewSender, SetupRequest } from '../setup/request.ts';
import { SAMPLE_TYPE, SAMPLE_VALUE } from '../setup/sample.ts';
import { SetupError } from '../setup/setup-error.ts';
import { type Admin, type AdminOptions, adminOf, withAdmin } from './admin-user.ts';
import { askLine, askSecret, askYes, canAsk } from './ask.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { CommandError, UsageError } from './command-error.ts';
import { doctorSources } from './doctor-sources.ts';
import { configFile } from './options.ts';
import { printJson, say } from './output.ts';
import { type SenderOptions, senderOf } from './sender-option.ts';

interface Options extends CommonOptions, AdminOptions, SenderOptions {
  login?: string;
  officerGroup?: string;
  newKey: boolean;
  /** Of --no-key. */
  key: boolean;
  withoutChangeRequests: boolean;
  withoutCompanies: boolean;
  sampleRegistrant: boolean;
  write?: string;
  dryRun: boolean;
  yes: boolean;
}

/** Makes what an OpenSPP lacks for the bridge, after showing it. Exits with 1 where the answer is no. */
export function setup(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command.description(
    'Makes what the bridge needs in the OpenSPP at ODOO_URL (ODOO_DB): a user with its groups and an API key, the ID types UIN, BRN, DRN and MRN, and a first sender. Shows what is missing and how changes will be applied, asks, and makes it; what is there stays as it is. Run again, it finds nothing missing. It works as an administrator, whose login it uses this once and does not keep.',
  );
  command.optionsGroup('The administrator:');
  withAdmin(command, 'the administrator');
  command
    .optionsGroup('The bridge’s user:')
    .option('--login <login>', `its login (ODOO_LOGIN; ${SERVICE_USER.login} where left out)`)
    .option(
      '--officer-group <module.name>',
      'the group of the registry’s officers, where it cannot be found by its name',
    )
    .option('--new-key', 'make another API key, such as before the one there is ends', false)
    .option('--no-key', 'make no API key, such as where two-factor login is enforced')
    .option(
      '--without-change-requests',
      'do not add the user to "Change Request: User", where OpenSPP has change requests',
      false,
    )
    .option('--without-companies', 'do not add the user to the companies that have registrants', false)
    .optionsGroup('A civil registry to trust:')
    .option('--sender-id <id>', 'its sender_id')
    .option('--sender-name <name>', 'its name (the sender_id where left out)')
    .option('--key-file <file>', 'its public key (PEM; Ed25519 or RSA), - for standard input')
    .option('--jwks-url <url>', 'or where its keys are published')
    .optionsGroup('A trial:')
    .option(
      '--sample-registrant',
      `make a registrant whom the walk-through of the README sends a notification about (${SAMPLE_TYPE}=${SAMPLE_VALUE})`,
      false,
    )
    .optionsGroup('Options:')
    .option('--write <file>', 'write the settings to a new file (mode 600) instead of printing them')
    .option('--dry-run', 'show what is missing, and make nothing', false)
    .option('--yes', 'do not ask', false)
    .withSettings()
    .runs<Options>((options) => run(options, env));
}

/** What one run of setup works with. */
interface Run {
  options: Options;
  settings: Settings;
  place: Place;
  admin: Admin;
  sender: NewSender | null;
}

async function run(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const settings = loadSettings(env, configFile(options, env), { withoutUser: true });
  const place = placeOf(settings);
  // All that can be wrong with the command line and the address, before anybody is asked for a password.
  const sender = await senderOf(options, settings);
  if (options.newKey && !options.key) throw new UsageError('--no-key: not with --new-key');
  if (options.write !== undefined && existsSync(options.write)) {
    throw new UsageError('--write: the file is there already, and is left as it is; name another');
  }
  const unreachable = await addressProblem(place);
  if (unreachable) throw problemError(unreachable);
  const admin = (await adminOf(options, env)) ?? (await askForAdmin(options));
  try {
    return await setUp({ options, settings, place, admin, sender });
  } catch (error) {
    if (error instanceof SetupError) throw new UsageError(error.message);
    if (!(error instanceof OdooError)) throw error;
    const found = await connectionProblem(adminSettings(settings, place, admin), null);
    throw found ? loginError(found, admin) : error;
  }
}

const problemError = ({ id, found, fix }: Finding): CommandError =>
  new CommandError(id, `${found} ${fix ?? ''}`.trim(), 2);

/** What is wrong with the administrator's login, in the words of the options of setup. */
function loginError(finding: Finding, { login, apiKey }: Admin): CommandError {
  const { id } = finding;
  if (id === 'connection.second-factor') {
    return new CommandError(
      id,
      `Odoo asks the administrator ${login} for a second factor at login, and then takes no password over its API; nothing was made. Make an API key as that administrator (Preferences, Security, New API Key), and give it with --admin-api-key-file or ODOO_ADMIN_API_KEY.`,
      2,
    );
  }
  if (id !== 'connection.credentials') return problemError(finding);
  return new CommandError(
    id,
    apiKey === null
      ? `Odoo does not accept the administrator’s login ${login} with this password. Correct the login (--admin-login) or the password; an archived user cannot log in.`
      : 'Odoo does not accept the administrator’s API key: it is wrong, expired, of another database, or its user is archived. Make another as that administrator (Preferences, Security, New API Key).',
    2,
  );
}

interface Place {
  url: string;
  db: string;
}

function placeOf({ odoo: { url, db } }: Settings): Place {
  if (url !== null && db !== null) return { url, db };
  throw new UsageError('ODOO_URL is not set: set it and ODOO_DB to the OpenSPP that is to be set up');
}

async function setUp({ options, settings, place, admin, sender }: Run): Promise<number> {
  const login = options.login ?? settings.odoo.login ?? SERVICE_USER.login;
  const client = connectOdoo(adminSettings(settings, place, admin));
  const request: SetupRequest = {
    login,
    officerGroup: options.officerGroup ?? null,
    hasKey: await worksAlready(settings, place, login),
    newKey: options.newKey,
    noKey: !options.key,
    withoutChangeRequests: options.withoutChangeRequests,
    withoutCompanies: options.withoutCompanies,
    sender,
    sampleRegistrant: options.sampleRegistrant,
  };
  const found = await readFound(client, request);
  const steps = planOf(found, request);
  const title = `OpenSPP at ${place.url}, database ${place.db}`;
  const expected = await forecast(client, found, request, settings.apply);
  const asAdmin = {
    ...settings,
    odoo: { ...settings.odoo, login: admin.login, apiKey: admin.apiKey, password: admin.password },
  };
  const notes = [...remarks(found, request), ...(await doctorSources(asAdmin))];
  say('How changes will be applied:');
  sayWays(expected);
  for (const note of notes) say(`  ! ${note}`);
  const report = {
    changes: expected.map(({ state, found }) => ({ state, found })),
    notes,
    steps: steps.map(({ words }) => words),
  };
  if (steps.length === 0) {
    say(`${title}: nothing is missing.`);
    if (options.json) printJson({ ...report, made: false });
    else sayNext(settings, request.hasKey, undefined);
    return 0;
  }
  say(`${title}. To be made:`);
  for (const { words } of steps) say(`  - ${words}`);
  if (options.dryRun) {
    if (options.json) printJson({ ...report, made: false });
    return 0;
  }
  const instead = 'give --yes, or --dry-run to see what is missing';
  if (!options.yes && !(await askYes('Make these?', instead))) {
    say('Nothing was made.');
    return 1;
  }
  const made: { key?: MadeKey; settings?: Record<string, string> } = {};
  await apply(steps, {
    admin: client,
    login,
    connectAs: (who, password) => connectWebSession(sessionSettings(settings, place, who, password)),
    onDone: ({ words }) => say(`  ✓ ${words}`),
    onKey: async (key) => {
      made.key = key;
      made.settings = await handOver(key, place, login, options);
    },
  });
  if (options.json) printJson({ ...report, made: true, ...(made.settings && { settings: made.settings }) });
  if (made.key) await sayDifferences(settings, place, login, made.key, expected);
  sayNext(settings, made.key !== undefined || request.hasKey, options.write);
  return 0;
}

function sayWays(ways: readonly Finding[]): void {
  for (const { state, found } of ways) say(`  ${MARKS[state]} ${found}`);
}

/** Only the bridge's user can find out for certain what it may do; what was said before came from the settings of Odoo. */
async function sayDifferences(
  settings: Settings,
  place: Place,
  login: string,
  { key }: MadeKey,
  expected: readonly Finding[],
): Promise<void> {
  try {
    const user = connectOdoo(adminSettings(settings, place, { login, apiKey: key, password: null }));
    const ways = checkWays(await readAccess(user), settings.apply);
    const said = new Set(expected.map(({ found }) => found));
    const other = ways.filter(({ found }) => !said.has(found));
    if (other.length === 0) return;
    say('Asked as the bridge’s user, Odoo says otherwise:');
    sayWays(other);
  } catch (error) {
    // All was made; `doctor` says what is wrong with it.
    if (!(error instanceof OdooError)) throw error;
  }
}

/** What comes after setup. */
function sayNext({ server, page }: Settings, hasKey: boolean, file: string | undefined): void {
  const source = file === undefined ? 'ADMIN_TOKEN' : `ADMIN_TOKEN in ${file}`;
  say('Next:');
  if (!hasKey) say('  set ODOO_LOGIN and ODOO_API_KEY to the bridge’s user and its key');
  // A command is for copying: it stays on its line.
  if (file !== undefined) process.stderr.write(`  set -a; . ${shellWord(resolve(file))}; set +a\n`);
  process.stderr.write('  npx crvs-bridge doctor\n  npm start\n');
  const host = server.host === '0.0.0.0' ? '127.0.0.1' : server.host;
  const scheme = server.tls === null ? 'http' : 'https';
  if (page.enabled)
    say(
      `The page is then at ${scheme}://${host}:${server.port}/; it asks for the token, which is ${source}.`,
    );
}

async function askForAdmin(options: Options): Promise<Admin> {
  if (!canAsk()) {
    throw new UsageError(
      'no administrator, and this is not a terminal, so nobody can be asked: give --admin-password-file or --admin-api-key-file, or ODOO_ADMIN_PASSWORD or ODOO_ADMIN_API_KEY',
    );
  }
  const login = options.adminLogin ?? (await askLine('Administrator’s login:', 'admin'));
  return { login, apiKey: null, password: await askSecret(`Password of ${login}:`) };
}

/** A connection for a user with a key or a password. */
function adminSettings(settings: Settings, place: Place, { login, apiKey, password }: Admin) {
  return {
    ...place,
    login,
    apiKey: apiKey ?? undefined,
    password: password ?? undefined,
    protocol: apiKey === null ? 'jsonrpc' : 'auto',
    timeoutMs: settings.odoo.timeoutMs,
  } as const;
}

function sessionSettings(settings: Settings, place: Place, login: string, password: string) {
  const timeoutMs = settings.odoo.timeoutMs;
  return { ...place, login, password, protocol: 'jsonrpc', timeoutMs } as const;
}

/** Whether the settings let the bridge in already, so that no key need be made. */
async function worksAlready(settings: Settings, place: Place, login: string): Promise<boolean> {
  const { apiKey, password } = settings.odoo;
  if (apiKey === null && password === null) return false;
  try {
    await connectOdoo(adminSettings(settings, place, { login, apiKey, password })).uid();
    return true;
  } catch (error) {
    if (error instanceof OdooError && error.code === 'odoo.authentication') return false;
    throw error;
  }
}

/** Gives the key to the person who asked for it: here and nowhere else. */
async function handOver(
  { key, days }: MadeKey,
  { url, db }: Place,
  login: string,
  { write: file, json }: Options,
): Promise<Record<string, string>> {
  const end = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const settings = {
    ODOO_URL: url,
    ODOO_DB: db,
    ODOO_LOGIN: login,
    ODOO_API_KEY: key,
    ...(end === null ? {} : { ODOO_API_KEY_EXPIRES: end }),
    ADMIN_TOKEN: randomBytes(32).toString('base64url'),
  };
  const text = Object.entries(settings)
    .map(([name, value]) => `${name}=${shellWord(value)}\n`)
    .join('');
  if (file !== undefined) {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    say(`The settings are in ${file}.`);
  } else if (!json) process.stdout.write(text);
  if (end !== null) {
    say(`Odoo lets this key last ${days} days, until ${end}; \`setup --new-key\` makes the next one.`);
  }
  return file === undefined ? settings : {};
}

function shellWord(value: string): string {
  return /^[\w./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
