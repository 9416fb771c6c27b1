import { Limit } from '../lib/limit.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type OdooRow, searchRead } from '../odoo/orm.ts';
import type { ExtensionOdoo } from './extension.ts';
import { LimitExceeded } from './failure.ts';

/** Reads that one call of a hook may ask for; alike ones count, too. */
const MOST_READS = 50;
const MOST_ROWS = 1000;
/** Reads of all hooks together that go to Odoo at once: it has few workers, and others need them too. */
const AT_ONCE = 4;

/** The reads of one step of a batch: those that are alike are asked once, and few go to Odoo at a time. */
export class SharedReads {
  readonly #client: OdooClient;
  readonly #asked = new Map<string, Promise<readonly OdooRow[]>>();
  readonly #limit = new Limit(AT_ONCE);

  constructor(client: OdooClient) {
    this.#client = client;
  }

  read(...[model, domain, fields, options = {}]: Parameters<ExtensionOdoo['searchRead']>) {
    const { limit = MOST_ROWS, order = 'id' } = options;
    const most = Math.max(1, Math.min(MOST_ROWS, Math.trunc(Number(limit)) || MOST_ROWS));
    const key = JSON.stringify([model, domain, fields, most, order]);
    let rows = this.#asked.get(key);
    if (!rows) {
      rows = this.#limit.run(() =>
        searchRead(this.#client, model, domain, fields, { limit: most, order }).then(frozen),
      );
      this.#asked.set(key, rows);
    }
    return rows;
  }
}

/** Odoo for one call of a hook: reads only, so many, and it is remembered whether Odoo could not be asked. */
export class AskOdoo implements ExtensionOdoo {
  /** The first failure that is not the extension's doing: the whole batch is to be tried again. */
  transient: OdooError | null = null;
  readonly #reads: SharedReads;
  readonly #waiting: (isWaiting: boolean) => void;
  #left = MOST_READS;

  /** @param waiting called when the hook begins and ends to wait for Odoo */
  constructor(reads: SharedReads, waiting: (isWaiting: boolean) => void) {
    this.#reads = reads;
    this.#waiting = waiting;
  }

  async searchRead(...query: Parameters<ExtensionOdoo['searchRead']>): Promise<readonly OdooRow[]> {
    this.#left -= 1;
    if (this.#left < 0) throw new LimitExceeded(`it asked Odoo more than ${MOST_READS} times`);
    this.#waiting(true);
    try {
      return await this.#reads.read(...query);
    } catch (error) {
      if (error instanceof OdooError && error.transient) this.transient ??= error;
      throw error;
    } finally {
      this.#waiting(false);
    }
  }
}

/** One hook must not change what another reads. */
function frozen(rows: readonly OdooRow[]): readonly OdooRow[] {
  for (const row of rows) {
    for (const value of Object.values(row)) if (Array.isArray(value)) Object.freeze(value);
    Object.freeze(row);
  }
  return Object.freeze(rows);
}
