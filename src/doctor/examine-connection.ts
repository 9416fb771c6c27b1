import type { OdooClient } from '../odoo/client.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { OdooError } from '../odoo/errors.ts';
import { checkedConnection, type OdooSettings } from '../odoo/settings.ts';
import { asksForSecondFactor, connectWebSession } from '../odoo/web-session.ts';
import { checkAddress, checkDatabase, checkLogin } from './connection.ts';
import type { Finding } from './finding.ts';
import { type LoginReading, readLogin } from './read/login.ts';
import { probe } from './read/probe.ts';

/** A connection as it was found. */
export interface ConnectionExamination {
  findings: Finding[];
  /** Null where something keeps the bridge out. */
  open: { client: OdooClient; login: LoginReading; uid: number } | null;
}

/**
 * Looks at the address, the database and the login, in this order, and stops at the first problem.
 *
 * @param keyEnd when the API key ends by the settings, milliseconds since the epoch; null where they do not say
 * @throws OdooSettingsError for settings that cannot be right
 */
export async function examineConnection(
  odoo: OdooSettings,
  keyEnd: number | null,
): Promise<ConnectionExamination> {
  const seen = await probe(checkedConnection(odoo));
  const findings = [...checkAddress(odoo, seen), ...checkDatabase(odoo, seen)];
  if (seen.kind !== 'odoo' || seen.hasDatabase === false) return { findings, open: null };
  const client = connectOdoo(odoo);
  const login = await readLogin(client, odoo.login);
  const secondFactor = await lacksSecondFactor(odoo, login);
  findings.push(...checkLogin(odoo, login, seen.major, { secondFactor, keyEnd }));
  return { findings, open: login.uid.ok ? { client, login, uid: login.uid.value } : null };
}

/**
 * The first problem of a connection, with how to fix it: what `serve` and `setup` say instead of an error code.
 *
 * @returns null where the bridge can work
 */
export async function connectionProblem(odoo: OdooSettings, keyEnd: number | null): Promise<Finding | null> {
  return firstProblem((await examineConnection(odoo, keyEnd)).findings);
}

/** The same before there is a login: whether an Odoo with this database answers. */
export async function addressProblem(place: Pick<OdooSettings, 'url' | 'db'>): Promise<Finding | null> {
  // The probe sends no login; the settings of a connection want one.
  const connection = checkedConnection({
    ...place,
    login: '-',
    password: '-',
    protocol: 'jsonrpc',
    timeoutMs: 10_000,
  });
  const seen = await probe(connection);
  return firstProblem([...checkAddress(place, seen), ...checkDatabase(place, seen)]);
}

const firstProblem = (findings: readonly Finding[]): Finding | null =>
  findings.find(({ state }) => state === 'problem') ?? null;

/** With a second factor Odoo's API takes no password, and says no more than that the login is wrong. */
async function lacksSecondFactor(odoo: OdooSettings, { uid }: LoginReading): Promise<boolean> {
  const { password } = odoo;
  if (uid.ok || uid.error.code !== 'odoo.authentication' || !password) return false;
  try {
    await connectWebSession({ ...odoo, password, protocol: 'jsonrpc' }).uid();
    return false;
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    return asksForSecondFactor(error);
  }
}
