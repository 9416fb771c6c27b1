import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { OdooAccess } from '../composition/context.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import { fetchPolicyOf } from '../config/senders.ts';
import { KeyError, keyFromPem } from '../dci/keys.ts';
import { withLineBreaks } from '../dci/pem.ts';
import { checkWays } from '../doctor/changes.ts';
import type { Finding } from '../doctor/finding.ts';
import { MARKS } from '../doctor/print.ts';
import { SERVICE_USER } from '../doctor/requirements.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { OdooError } from '../odoo/errors.ts';
import { asksForSecondFactor, connectWebSession } from '../odoo/web-session.ts';
import { readAccess } from '../openspp/access.ts';
import { JwksError } from '../registry-keys/jwks-error.ts';
import { checkedJwksUrl } from '../registry-keys/url.ts';
import { apply, type MadeKey } from '../setup/apply.ts';
import { forecast, remarks } from '../setup/forecast.ts';
import { planOf } from '../setup/plan.ts';
import { readFound } from '../setup/read.ts';
import { SetupError } from '../setup/setup-error.ts';
import type { Step } from '../setup/step.ts';
import type { NewSender, Wishes } from '../setup/wishes.ts';
import { type Admin, type AdminOptions, adminOf, withAdmin } from './admin-user.ts';
import { ask, canAsk } from './ask.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { readInput } from './input.ts';
import { configFile } from './options.ts';
import { say } from './output.ts';

interface Options extends CommonOptions, AdminOptions {
  login?: string;
  officerGroup?: string;
  newKey: boolean;
  /** Of --no-key. */
  key: boolean;
  withoutChangeRequests: boolean;
  withoutCompanies: boolean;
  senderId?: string;
  senderName?: string;
  keyFile?: string;
  jwksUrl?: string;
  write?: string;
  dryRun: boolean;
  yes: boolean;
}

/** Makes what an OpenSPP lacks for the bridge, after showing it. Exits with 1 where the answer is no. */
export function setup(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command.description(
    'Makes what the bridge needs in the OpenSPP at ODOO_URL (ODOO_DB): a user with its groups and an API key, the ID types UIN, BRN, DRN and MRN, and a first sender. Shows what is missing and how changes will be applied, asks, and makes it; what is there stays as it is. Run again, it finds nothing missing. It works as an administrator, whose login it uses this once and keeps nowhere.',
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
    .optionsGroup('Options:')
    .option('--write <file>', 'write the settings to a new file (mode 600) instead of printing them')
    .option('--dry-run', 'show what is missing, and make nothing', false)
    .option('--yes', 'do not ask', false)
    .withSettings()
    .runs<Options>((options) => run(options, env));
}

async function run(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const settings = loadSettings(env, configFile(options, env), { withoutUser: true });
  const place = placeOf(settings);
  // All that can be wrong with the command line, before anybody is asked for a password.
  const sender = await senderOf(options, settings);
  if (options.newKey && !options.key) throw new UsageError('--no-key: not with --new-key');
  if (options.write !== undefined && existsSync(options.write)) {
    throw new UsageError('--write: the file is there already, and is left as it is; name another');
  }
  const admin = (await adminOf(options, env)) ?? (await askForAdmin(options));
  try {
    return await setUp(options, settings, place, admin, sender);
  } catch (error) {
    if (error instanceof SetupError) throw new UsageError(error.message);
    if (error instanceof OdooError && error.code === 'odoo.authentication') {
      throw new UsageError(await refusalOf(admin, place, settings));
    }
    throw error;
  }
}

/** With a second factor, Odoo's API takes no password, and says no more than that the login is wrong. */
async function refusalOf(
  { login, password, apiKey }: Admin,
  place: Place,
  settings: Settings,
): Promise<string> {
  const wrong = 'Odoo does not accept the administrator’s login: correct it, or ODOO_DB';
  if (apiKey !== null || password === null) return wrong;
  try {
    await connectWebSession(sessionSettings(settings, place, login, password)).uid();
    return wrong;
  } catch (error) {
    if (!asksForSecondFactor(error)) return wrong;
    return `Odoo asks the administrator ${login} for a second factor at login, and then takes no password over its API; nothing was made: make an API key as that administrator (Preferences, Security, New API Key), and give it with --admin-api-key-file or ODOO_ADMIN_API_KEY`;
  }
}

function sessionSettings(settings: Settings, place: Place, login: string, password: string) {
  const timeoutMs = settings.odoo.timeoutMs;
  return { ...place, login, password, protocol: 'jsonrpc', timeoutMs } as const;
}

interface Place {
  url: string;
  db: string;
}

function placeOf({ odoo: { url, db } }: Settings): Place {
  if (url !== null && db !== null) return { url, db };
  throw new UsageError('ODOO_URL is not set: set it and ODOO_DB to the OpenSPP that is to be set up');
}

async function setUp(
  options: Options,
  settings: Settings,
  place: Place,
  admin: Admin,
  sender: NewSender | null,
): Promise<number> {
  const login = options.login ?? settings.odoo.login ?? SERVICE_USER.login;
  const client = connect(settings, { ...place, ...admin });
  const wishes: Wishes = {
    login,
    officerGroup: options.officerGroup ?? null,
    hasKey: await worksAlready(settings, place, login),
    newKey: options.newKey,
    noKey: !options.key,
    withoutChangeRequests: options.withoutChangeRequests,
    withoutCompanies: options.withoutCompanies,
    sender,
  };
  const found = await readFound(client, wishes);
  const steps = planOf(found, wishes);
  const title = `OpenSPP at ${place.url}, database ${place.db}`;
  say('How changes will be applied:');
  const expected = await forecast(client, found, wishes, settings.apply);
  sayWays(expected);
  for (const remark of remarks(found, wishes)) say(`  ! ${remark}`);
  if (steps.length === 0) {
    say(`${title}: nothing is missing.`);
    return 0;
  }
  say(`${title}. To be made:`);
  for (const { words } of steps) say(`  - ${words}`);
  if (options.dryRun) return 0;
  if (!options.yes && !(await agreed())) {
    say('Nothing was made.');
    return 1;
  }
  let made: MadeKey | null = null as MadeKey | null;
  await apply(steps, {
    admin: client,
    login,
    connectAs: (who, password) => connectWebSession(sessionSettings(settings, place, who, password)),
    onDone: ({ words }: Step) => say(`  ✓ ${words}`),
    onKey: async (key) => {
      made = key;
      await handOver(key, place, login, options.write);
    },
  });
  if (made) await sayWhatIsOther(settings, { ...place, login, apiKey: made.key, password: null }, expected);
  return 0;
}

function sayWays(ways: readonly Finding[]): void {
  for (const { state, found } of ways) say(`  ${MARKS[state]} ${found}`);
}

/** Only the bridge's user can find out for certain what it may do; what was said before came from the settings of Odoo. */
async function sayWhatIsOther(
  settings: Settings,
  user: OdooAccess,
  expected: readonly Finding[],
): Promise<void> {
  try {
    const ways = checkWays(await readAccess(connect(settings, user)), settings.apply);
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

async function askForAdmin(options: Options): Promise<Admin> {
  if (!canAsk()) {
    throw new UsageError(
      'no administrator: give --admin-password-file or --admin-api-key-file, or ODOO_ADMIN_PASSWORD or ODOO_ADMIN_API_KEY',
    );
  }
  const login = options.adminLogin ?? ((await ask('Administrator’s login (admin): ')) || 'admin');
  return { login, apiKey: null, password: await ask(`Password of ${login} (does not show): `, true) };
}

async function agreed(): Promise<boolean> {
  if (!canAsk())
    throw new UsageError('there is nobody to ask: say --yes, or --dry-run to see what is missing');
  return /^y(es)?$/i.test(await ask('Make these? [y/N] '));
}

function connect(settings: Settings, { url, db, login, apiKey, password }: OdooAccess) {
  return connectOdoo({
    url,
    db,
    login,
    apiKey: apiKey ?? undefined,
    password: password ?? undefined,
    protocol: apiKey === null ? 'jsonrpc' : 'auto',
    timeoutMs: settings.odoo.timeoutMs,
  });
}

/** Whether the settings let the bridge in already, so that no key need be made. */
async function worksAlready(settings: Settings, place: Place, login: string): Promise<boolean> {
  const { apiKey, password } = settings.odoo;
  if (apiKey === null && password === null) return false;
  try {
    await connect(settings, { ...place, login, apiKey, password }).uid();
    return true;
  } catch (error) {
    if (error instanceof OdooError && error.code === 'odoo.authentication') return false;
    throw error;
  }
}

async function senderOf(options: Options, settings: Settings): Promise<NewSender | null> {
  const { senderId, keyFile, jwksUrl } = options;
  if (senderId === undefined) {
    if (keyFile !== undefined || jwksUrl !== undefined || options.senderName !== undefined)
      throw new UsageError('--sender-id: name the sender that the key is of');
    return null;
  }
  if (!/^[\w.-]+$/.test(senderId)) {
    throw new UsageError('--sender-id: only letters, digits, dots, hyphens and underscores');
  }
  if ((keyFile === undefined) === (jwksUrl === undefined)) {
    throw new UsageError('--sender-id: give its public key with --key-file, or --jwks-url');
  }
  const common = { senderId, name: options.senderName ?? senderId };
  if (jwksUrl !== undefined) {
    checkJwksUrl(jwksUrl, senderId, settings);
    // OpenSPP wants one; where there is a JWKS URL, each key says its own.
    return { ...common, algorithm: 'ed25519', publicKey: null, jwksUrl };
  }
  // What OpenSPP keeps has the lines of a PEM, so that OpenSPP itself can read it.
  const publicKey = withLineBreaks((await readInput(keyFile ?? '', '--key-file')).toString('utf8'));
  return { ...common, algorithm: algorithmOf(publicKey), publicKey, jwksUrl: null };
}

function checkJwksUrl(url: string, senderId: string, settings: Settings): void {
  try {
    checkedJwksUrl(url, fetchPolicyOf(settings, senderId));
  } catch (error) {
    if (error instanceof JwksError) throw new UsageError(`--jwks-url: ${error.message}`);
    throw error;
  }
}

function algorithmOf(pem: string): NewSender['algorithm'] {
  let reason = '';
  for (const algorithm of ['ed25519', 'rs256'] as const) {
    try {
      keyFromPem(pem, algorithm);
      return algorithm;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      reason = error.message;
    }
  }
  throw new UsageError(`--key-file: expected a public key in PEM, Ed25519 or RSA: ${reason}`);
}

/** The key is shown here and nowhere else. */
async function handOver(
  { key, days }: MadeKey,
  { url, db }: Place,
  login: string,
  file: string | undefined,
): Promise<void> {
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
  if (file === undefined) process.stdout.write(text);
  else {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    say(
      `The settings are in ${file}: \`set -a; . ${shellWord(resolve(file))}; set +a\` puts them into the environment.`,
    );
  }
  if (end !== null) {
    say(`Odoo lets this key last ${days} days, until ${end}; \`setup --new-key\` makes the next one.`);
  }
}

function shellWord(value: string): string {
  return /^[\w./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
