import type { OdooProtocol } from './client.ts';
import { fetchUnverified } from './fetch-unverified.ts';
import type { ClientOptions } from './instrumented-client.ts';
import type { OdooConnection } from './transport.ts';

export interface OdooSettings extends ClientOptions {
  /** Where Odoo answers, such as `https://odoo.example.org` or, behind a path prefix, `https://example.org/odoo`. */
  url: string;
  db: string;
  login: string;
  apiKey?: string | undefined;
  password?: string | undefined;
  /** `auto`: JSON-2 where there is an API key and the server has it (Odoo 19 on), else JSON-RPC. */
  protocol: OdooProtocol | 'auto';
  /** False accepts any TLS certificate: for tests only, since it gives the key to anyone who answers. */
  verifyTls?: boolean | undefined;
}

/** A setting that cannot be right, whatever Odoo says. `message` names it and never holds its value. */
export class OdooSettingsError extends Error {
  override readonly name = 'OdooSettingsError';
  /** Such as `ODOO_URL`. */
  readonly setting: string;

  constructor(setting: string, problem: string) {
    super(`${setting} ${problem}`);
    this.setting = setting;
  }
}

/** Checks the settings and makes what the protocols need of them. Throws `OdooSettingsError`. */
export function checkedConnection(settings: OdooSettings): OdooConnection {
  const apiKey = headerText('ODOO_API_KEY', settings.apiKey);
  const password = settings.password || null;
  const secret = password ?? apiKey;
  if (!secret) throw new OdooSettingsError('ODOO_API_KEY', 'or ODOO_PASSWORD must be given');
  if (settings.protocol === 'json2' && !apiKey) {
    throw new OdooSettingsError(
      'ODOO_API_KEY',
      'must be given for ODOO_PROTOCOL json2, which takes no password',
    );
  }
  if (!['auto', 'json2', 'jsonrpc', 'xmlrpc'].includes(settings.protocol)) {
    throw new OdooSettingsError('ODOO_PROTOCOL', 'must be auto, json2, jsonrpc or xmlrpc');
  }
  const db = headerText('ODOO_DB', settings.db);
  if (!db) throw new OdooSettingsError('ODOO_DB', 'must be given');
  // JSON-2 knows its user by the key alone.
  if (!settings.login && settings.protocol !== 'json2')
    throw new OdooSettingsError('ODOO_LOGIN', 'must be given');
  // Timers hold no more than 31 bits.
  if (!Number.isInteger(settings.timeoutMs) || settings.timeoutMs < 1 || settings.timeoutMs >= 2 ** 31) {
    throw new OdooSettingsError('ODOO_TIMEOUT_MS', 'must be a whole number of milliseconds above 0');
  }
  const verifyTls = settings.verifyTls ?? true;
  return {
    baseUrl: checkedUrl(settings.url),
    db,
    login: settings.login,
    apiKey,
    secret,
    timeoutMs: settings.timeoutMs,
    verifyTls,
    // The global is looked up at each call, so that a test may stand in front of it.
    fetch: verifyTls ? (url, init) => fetch(url, init) : fetchUnverified,
  };
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new OdooSettingsError('ODOO_URL', 'must be a URL that begins with http:// or https://');
  }
  if (url.username || url.password) {
    throw new OdooSettingsError('ODOO_URL', 'must not hold a user name or a password');
  }
  if (url.search || url.hash) throw new OdooSettingsError('ODOO_URL', 'must not hold a query or a fragment');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The value where it can be in an HTTP header; null where it is empty. */
function headerText(setting: string, value: string | undefined): string | null {
  if (!value) return null;
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new OdooSettingsError(setting, 'must hold no spaces, line ends or letters beyond ASCII');
  }
  return value;
}
