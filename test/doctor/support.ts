import { loadSettings } from '../../src/config/load.ts';
import { type Examination, type ExamineOptions, examine } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import type { OdooSettings } from '../../src/odoo/settings.ts';
import type { Credentials } from '../../src/sandbox/accounts.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** The matching settings that the bridge comes with. */
export const MATCHING = loadSettings({}).matching;

/** Examines with the default settings. */
export function examineAt(
  odoo: Partial<OdooSettings> & { url: string },
  options: Partial<Omit<ExamineOptions, 'odoo'>> = {},
): Promise<Examination> {
  return examine({
    odoo: { db: 'sandbox', login: 'bridge', apiKey: 'no-key', protocol: 'auto', timeoutMs: 10_000, ...odoo },
    matching: MATCHING,
    apply: { mode: 'auto', byEventType: {} },
    apiKeyEnd: null,
    allowUnsigned: false,
    jwksPolicyOf: () => ({ allowHttp: false, allowPrivateAddresses: false }),
    batchSize: 20,
    measureCreate: false,
    ...options,
  });
}

/** Examines a sandbox as one of its users. */
export function examineSandbox(
  { url, db }: Sandbox,
  user: Credentials,
  odoo: Partial<OdooSettings> = {},
  options: Partial<Omit<ExamineOptions, 'odoo'>> = {},
): Promise<Examination> {
  return examineAt({ url, db, login: user.login, apiKey: user.apiKey, ...odoo }, options);
}

/** The findings' states, by id. */
export function statesOf(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ id, state }) => [id, state]));
}

/** The ids of the findings that are not ok. */
export function gapsOf(findings: readonly Finding[]): string[] {
  return findings.filter(({ state }) => state !== 'ok').map(({ id, state }) => `${state} ${id}`);
}

/** The finding with this id; fails the test where there is none. */
export function findingOf(findings: readonly Finding[], id: string): Finding {
  const found = findings.find((finding) => finding.id === id);
  if (!found) throw new Error(`no finding ${id} among ${findings.map((finding) => finding.id).join(', ')}`);
  return found;
}

/** An answer that failed. */
export function failed(code: OdooErrorCode): { ok: false; error: OdooError } {
  return { ok: false, error: new OdooError(code, { protocol: 'json2' }) };
}
