import { noDatabaseError } from '../odoo/faults.ts';
import type { OdooSettings } from '../odoo/settings.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';
import type { LoginReading } from './read/login.ts';
import type { Probe, ProbeFailure } from './read/probe.ts';

/** JSON-2 came with this version, and the older protocols are deprecated from it on. */
const FIRST_WITH_JSON2 = 19;
const CLOCK_TOLERANCE_MS = 60_000;
const NEW_KEY = 'in Odoo, as that user: Preferences, Security, New API Key';

const FAILURES: Readonly<Record<ProbeFailure, { found: string; fix: string }>> = {
  refused: {
    found: 'Nothing listens there',
    fix: 'Start Odoo, or set ODOO_URL to its address and port; from a container, 127.0.0.1 is the container itself.',
  },
  dns: {
    found: 'The host name is not known here',
    fix: 'Correct the name in ODOO_URL, or the name service of this machine.',
  },
  tls: {
    found: 'No trusted TLS connection can be made',
    fix: 'Give Odoo a certificate of a known authority for this host name, or name your own authority in NODE_EXTRA_CA_CERTS.',
  },
  'plain-http': {
    found: 'This port speaks plain HTTP, and not https',
    fix: 'Write http:// in ODOO_URL, or give the port at which Odoo is served with TLS.',
  },
  'needs-tls': {
    found: 'This port speaks https, and not plain HTTP',
    fix: 'Write https:// in ODOO_URL.',
  },
  timeout: {
    found: 'There was no answer in 10 s',
    fix: 'Let this machine reach Odoo (firewall, network), or look whether Odoo is overloaded.',
  },
  network: {
    found: 'The connection fails',
    fix: 'Look at the network between this machine and Odoo.',
  },
  'not-http': {
    found: 'What answers does not speak HTTP',
    fix: 'Correct the port in ODOO_URL.',
  },
};

/** Whether an Odoo answers at the address, which one, and what time it has there. */
export function checkAddress(settings: Pick<OdooSettings, 'url'>, probe: Probe): Finding[] {
  const id = 'connection.url';
  if (probe.kind === 'failed') {
    const { found, fix } = FAILURES[probe.failure];
    return [problem(id, `${found} (${settings.url}, ${probe.code}).`, fix)];
  }
  if (probe.kind === 'foreign') return [foreign(settings.url, probe)];
  return [ok(id, `Odoo answers at ${settings.url}.`), version(probe), clock(probe.clockAheadMs)];
}

/** Whether the database is there, before any login: empty where Odoo does not say. */
export function checkDatabase({ db }: Pick<OdooSettings, 'db'>, probe: Probe): Finding[] {
  return probe.kind === 'odoo' && probe.hasDatabase === false ? [noDatabase(db), notTried()] : [];
}

const notTried = () => skipped('connection.credentials', 'The login could not be tried.');

function noDatabase(db: string): Finding {
  return problem(
    'connection.database',
    `Odoo has no database ${db}, or cannot open it.`,
    "Set ODOO_DB to the name of OpenSPP's database; letter case matters.",
  );
}

function foreign(url: string, { status, redirect, odooAt }: Extract<Probe, { kind: 'foreign' }>): Finding {
  const id = 'connection.url';
  if (odooAt !== null) {
    return problem(
      id,
      `ODOO_URL has a path (${url}), and Odoo answers at ${odooAt} without it.`,
      `Set ODOO_URL to ${odooAt}.`,
    );
  }
  if (redirect !== null && redirect !== URL.parse(url)?.origin) {
    return problem(
      id,
      `${url} redirects to ${redirect}; the bridge does not follow, because that would carry the key along.`,
      'Set ODOO_URL to the address that Odoo itself has.',
    );
  }
  if (status === 401 || status === 403) {
    return problem(
      id,
      `Something before Odoo asks for a login of its own at ${url} (HTTP ${status}).`,
      'Let the proxy pass the bridge through to Odoo.',
    );
  }
  if (status >= 500) {
    return problem(
      id,
      `What answers at ${url} has a failure (HTTP ${status}).`,
      "Look into the proxy's and Odoo's logs; Odoo may be starting or stopped.",
    );
  }
  return problem(
    id,
    `What answers at ${url} is not Odoo (HTTP ${status}).`,
    'Set ODOO_URL to the address of Odoo, with the path prefix where it has one.',
  );
}

function version({ version, major }: Extract<Probe, { kind: 'odoo' }>): Finding {
  if (major === null || major >= FIRST_WITH_JSON2) return ok('connection.version', `It is Odoo ${version}.`);
  return warning(
    'connection.version',
    `It is Odoo ${version}, older than the Odoo 19 that OpenSPP 2 runs on.`,
    'See what is missing below; the bridge is tested against Odoo 19.',
  );
}

function clock(aheadMs: number | null): Finding {
  const id = 'connection.clock';
  if (aheadMs === null) return skipped(id, 'The server does not say its time.');
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) {
    return ok(id, `Its clock and this machine's differ by ${seconds < 2 ? 'less than 2' : seconds} s.`);
  }
  return warning(
    id,
    `Its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's; OpenSPP refuses dates after its own today, and signatures are checked by this machine's clock.`,
    'Set both clocks by NTP.',
  );
}

/** Which protocol is used and why, and whether Odoo lets the bridge's user in. */
export function checkLogin(
  settings: Pick<OdooSettings, 'db' | 'login' | 'protocol' | 'apiKey' | 'password'>,
  login: LoginReading,
  major: number | null,
  why: RefusedLogin = { secondFactor: false, keyEnd: null },
): Finding[] {
  return [protocol(settings, login, major), ...credentials(settings, login, why)];
}

/** What is known of a login that Odoo refuses. */
export interface RefusedLogin {
  /** Whether the password is right, and Odoo asks for a second factor. */
  secondFactor: boolean;
  /** When the key ends by the settings, milliseconds since the epoch; null where they do not say. */
  keyEnd: number | null;
}

const NAMES = { json2: 'JSON-2', jsonrpc: 'JSON-RPC', xmlrpc: 'XML-RPC' } as const;

function protocol(
  { protocol: asked, apiKey }: Pick<OdooSettings, 'protocol' | 'apiKey'>,
  { protocol: used }: LoginReading,
  major: number | null,
): Finding {
  const id = 'connection.protocol';
  const name = NAMES[used];
  const hasJson2 = major === null || major >= FIRST_WITH_JSON2;
  if (used === 'json2' && !hasJson2) {
    return problem(
      id,
      'ODOO_PROTOCOL is json2, which this Odoo does not have.',
      'Set ODOO_PROTOCOL to auto.',
    );
  }
  if (used === 'json2') {
    const why = asked === 'auto' ? 'there is an API key and this Odoo has it' : 'ODOO_PROTOCOL says so';
    return ok(id, `The bridge speaks ${name}: ${why}.`);
  }
  if (!hasJson2) return ok(id, `The bridge speaks ${name}: this Odoo is older than JSON-2.`);
  const why = asked === 'auto' ? 'there is no API key' : 'ODOO_PROTOCOL says so';
  const key = apiKey ? '' : ` and ODOO_API_KEY to a key of the bridge's user (${NEW_KEY})`;
  return warning(
    id,
    `The bridge speaks ${name}, because ${why}; Odoo has deprecated it and will remove it.`,
    `Set ODOO_PROTOCOL to auto${key}.`,
  );
}

function credentials(
  { db, login, password }: Pick<OdooSettings, 'db' | 'login' | 'password'>,
  { protocol: used, uid }: LoginReading,
  why: RefusedLogin,
): Finding[] {
  const database = 'connection.database';
  const id = 'connection.credentials';
  if (uid.ok) return [ok(database, `It has the database ${db}.`), ok(id, 'It accepts the login.')];
  const { error } = uid;
  if (error.sentence === noDatabaseError({ protocol: used }).sentence) {
    return [noDatabase(db), notTried()];
  }
  if (error.code !== 'odoo.authentication') {
    // JSON-2 may answer the same for a database that does not exist and for one that is down.
    return [
      problem(
        database,
        `Odoo does not answer for the database ${db} (${error.code}): there is none of that name, or it is down.`,
        "Correct ODOO_DB, or look into Odoo's log whether PostgreSQL answers.",
      ),
      notTried(),
    ];
  }
  return [
    ok(database, `It has the database ${db}.`),
    refused(login, used === 'json2', Boolean(password), why),
  ];
}

function refused(
  login: string,
  byKey: boolean,
  byPassword: boolean,
  { secondFactor, keyEnd }: RefusedLogin,
): Finding {
  const id = 'connection.credentials';
  if (secondFactor) {
    return problem(
      'connection.second-factor',
      `Odoo asks the user ${login} for a second factor at login, and then takes no password over its API.`,
      `Make an API key (${NEW_KEY}), and use it instead of the password.`,
    );
  }
  if (!byPassword && keyEnd !== null && keyEnd <= Date.now()) {
    return problem(
      id,
      `Odoo does not accept the API key: it ended on ${new Date(keyEnd).toISOString().slice(0, 10)}, as ODOO_API_KEY_EXPIRES says.`,
      'As an administrator: `setup --new-key` makes the next one; set ODOO_API_KEY and ODOO_API_KEY_EXPIRES to what it writes.',
    );
  }
  if (byKey) {
    return problem(
      id,
      'Odoo does not accept the API key: it is wrong, expired, of another database, or its user is archived.',
      `Set ODOO_API_KEY to a key of the bridge's user (${NEW_KEY}); JSON-2 takes no password.`,
    );
  }
  return problem(
    id,
    `Odoo does not accept the login with this ${byPassword ? 'password' : 'API key'}.`,
    `Correct ODOO_LOGIN and ${byPassword ? 'ODOO_PASSWORD' : 'ODOO_API_KEY'}; an archived user cannot log in.`,
  );
}
