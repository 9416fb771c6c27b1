import type { OdooClient } from './client.ts';
import { searchRead } from './orm.ts';
import { parseOdooDatetime } from './values.ts';

/** How long before its end a key is warned of, in days. */
export const WARNING_DAYS = 14;
export const DAY_MS = 86_400_000;

/**
 * When the user's live API keys end, in milliseconds since the epoch; null for one that does not. Odoo 19 lets internal
 * users read their own keys, without the secret, so that it cannot be known which of them is in use. Keys for another
 * purpose than the API (with a scope) are left out.
 *
 * @throws OdooError, such as `odoo.access` where Odoo does not let the user read them
 */
export async function readOwnKeyEnds(client: OdooClient, now: number): Promise<(number | null)[]> {
  const rows = await searchRead(
    client,
    'res.users.apikeys',
    [['user_id', '=', await client.uid()]],
    ['scope', 'expiration_date'],
  );
  return rows
    .filter(({ scope }) => scope === false || scope === 'rpc')
    .map((row) => parseOdooDatetime(row.expiration_date))
    .filter((end) => end === null || end > now);
}

/**
 * When the key in use ends; null where it does not, or nobody knows. With one live key, that is the one in use. Of
 * several it is the one that ends on the day of the settings, else the first that ends: a warning that comes too early
 * harms nobody.
 *
 * @param known the user's live keys; null where Odoo does not show them
 * @param configured `odoo.api_key_expires`, milliseconds since the epoch; null where that is not set
 */
export function apiKeyEnd(
  known: readonly (number | null)[] | null,
  configured: number | null,
): number | null {
  if (known === null || known.length === 0) return configured;
  const ends = known.filter((end) => end !== null);
  const sameDay = ends.filter(
    (end) => configured !== null && Math.floor(end / DAY_MS) === Math.floor(configured / DAY_MS),
  );
  if (sameDay.length > 0) return Math.min(...sameDay);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Milliseconds for which Odoo's answer is kept, and after a failure, before the next question. */
const KEPT_MS = 3_600_000;
const RETRY_MS = 300_000;

/** When the API key ends, for all who show it: Odoo is asked in the background, once an hour at most. */
export class ApiKeyEnd {
  readonly #client: OdooClient;
  readonly #configured: number | null;
  readonly #usesKey: boolean;
  readonly #clock: () => number;
  #known: readonly (number | null)[] | null = null;
  #askAt = Number.NEGATIVE_INFINITY;

  /**
   * @param settings `endsAt` as for `apiKeyEnd`; `usesKey` is false where a password is used instead
   */
  constructor(
    client: OdooClient,
    settings: { usesKey: boolean; endsAt: number | null },
    clock: () => number = Date.now,
  ) {
    this.#client = client;
    this.#configured = settings.endsAt;
    this.#usesKey = settings.usesKey;
    this.#clock = clock;
  }

  /** As far as it is known now, and never waits for Odoo; null where it is not known, or there is no key. */
  get now(): number | null {
    if (!this.#usesKey) return null;
    if (this.#clock() >= this.#askAt) void this.ask();
    return apiKeyEnd(this.#known, this.#configured);
  }

  /** Asks Odoo. Never rejects: what was known before stays. */
  async ask(): Promise<void> {
    const now = this.#clock();
    this.#askAt = now + KEPT_MS;
    try {
      this.#known = await readOwnKeyEnds(this.#client, now);
    } catch {
      this.#askAt = now + RETRY_MS;
    }
  }
}
