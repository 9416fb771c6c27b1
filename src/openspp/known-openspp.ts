import type { Logger } from 'pino';
import { orAborted } from '../lib/abort.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../odoo/errors.ts';
import { type Fingerprint, isSameOpenspp, readFingerprint } from './fingerprint.ts';

/** The OpenSPP whose row ids an inbox has, as a document of the inbox. */
export interface KnownOpenspp {
  /** The database and the address that it was first reached at, for people. */
  name: string;
  /** Since when; milliseconds since the epoch. */
  since: number;
  /** Null while an operator moves the inbox to another OpenSPP: nobody may write until that is done. */
  fingerprint: Fingerprint | null;
}

/** Where it is kept. */
export interface Documents {
  getDocument(name: string): Promise<string | null>;
  putDocument(name: string, json: string): Promise<void>;
  listDocuments(prefix: string): Promise<Map<string, string>>;
  replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean>;
}

const DOCUMENT = 'openspp';
/** One for each OpenSPP that a process sees in place of the inbox's: when it last saw it. */
const SEEN = 'openspp-other ';

/** Milliseconds for which an answer counts: a database may be replaced while the bridge runs. */
const SAME_FOR_MS = 60_000;
const OTHER_FOR_MS = 10_000;
/** Milliseconds after which what another process saw is over. */
const SEEN_FOR_MS = 180_000;
/** Milliseconds between two lines in the log. */
const SAID_EVERY_MS = 3_600_000;

/** After these, the connection may lead to another database. */
const RECONNECTS: ReadonlySet<string> = new Set<OdooErrorCode>([
  'odoo.unreachable',
  'odoo.timeout',
  'odoo.unavailable',
  'odoo.authentication',
]);

/** The OpenSPP that an inbox belongs to, and the document to the letter; null where none is known yet. */
export async function readKnown(
  documents: Pick<Documents, 'getDocument'>,
): Promise<{ known: KnownOpenspp; text: string } | null> {
  const text = await documents.getDocument(DOCUMENT);
  return text === null ? null : { known: JSON.parse(text) as KnownOpenspp, text };
}

/** Puts another one in its place, unless somebody else did so meanwhile. @returns the document; null where it was not put */
export async function replaceKnown(
  documents: Pick<Documents, 'replaceDocument'>,
  before: string | null,
  known: KnownOpenspp,
): Promise<string | null> {
  const text = JSON.stringify(known);
  return (await documents.replaceDocument(DOCUMENT, before, text)) ? text : null;
}

/** Forgets what processes saw in place of the inbox's OpenSPP. */
export async function forgetSeen(documents: Documents): Promise<void> {
  for (const [name, text] of await documents.listDocuments(SEEN)) {
    await documents.replaceDocument(name, text, null);
  }
}

export interface OpensppGuardDependencies {
  /** OpenSPP, without this guard. */
  client: OdooClient;
  documents: Documents;
  /** Of the OpenSPP that the settings name, for people. */
  name: string;
  /** Whether this process works with row ids: the first such process says whose they are. */
  writes: boolean;
  log: Pick<Logger, 'error' | 'info' | 'warn'>;
  /** Milliseconds since the epoch. */
  clock?: () => number;
}

/** What was found, for the document as it was then. */
interface Found {
  text: string | null;
  same: boolean;
  at: number;
}

/**
 * Keeps a bridge from working on another OpenSPP than the one whose row ids are in its inbox: there they are those of other
 * people. What is found counts for a minute, and ends with the connection.
 */
export class OpensppGuard {
  readonly #deps: OpensppGuardDependencies;
  readonly #clock: () => number;
  #found: Found | null = null;
  #looking: { text: string | null; look: Promise<Found> } | null = null;
  #saidAt = Number.NEGATIVE_INFINITY;
  readonly #closing = new AbortController();

  constructor(deps: OpensppGuardDependencies) {
    this.#deps = deps;
    this.#clock = deps.clock ?? Date.now;
  }

  /** Ends a look that is under way: an OpenSPP that does not answer keeps no bridge from stopping. */
  close(): void {
    this.#closing.abort(new Error('the bridge is stopping'));
  }

  /** Whether this process last saw another OpenSPP; null where it does not know. */
  get isOther(): boolean | null {
    return this.#found === null ? null : !this.#found.same;
  }

  /** Whether this process sees another OpenSPP, or another process on the same inbox does. */
  async isOtherAnywhere(): Promise<boolean> {
    if (this.isOther) return true;
    const now = this.#clock();
    const seen = await this.#deps.documents.listDocuments(SEEN);
    return [...seen.values()].some((text) => Math.abs(now - Number(JSON.parse(text))) < SEEN_FOR_MS);
  }

  /**
   * Resolves where OpenSPP is the one that the inbox belongs to. What the inbox says of that is read each time, so that
   * nothing begins after an operator moved it.
   *
   * @throws {OdooError} `openspp.other`, or why it cannot be known now
   */
  async verify(signal?: AbortSignal): Promise<void> {
    const text = await this.#deps.documents.getDocument(DOCUMENT);
    const found = this.#freshFor(text) ?? (await orAborted(this.#look(text), signal));
    if (!found.same) throw this.#other();
  }

  /** The same client, which makes no call to another OpenSPP. */
  guard(client: OdooClient): OdooClient {
    return {
      get protocol() {
        return client.protocol;
      },
      uid: () => client.uid(),
      call: async (model, method, args, options = {}) => {
        if (!this.#freshFor(this.#found?.text ?? null)?.same) await this.verify(options.signal);
        let isBroken = false;
        const answer = await client.call(model, method, args, {
          ...options,
          onCall: (report) => {
            options.onCall?.(report);
            if (!RECONNECTS.has(report.outcome)) return;
            isBroken = true;
            this.#forget();
          },
        });
        // A read that was made again may have come to another database.
        if (isBroken) await this.verify(options.signal);
        return answer;
      },
    };
  }

  /** The next call looks again. */
  #forget(): void {
    if (this.#found?.same) this.#found = { ...this.#found, at: Number.NEGATIVE_INFINITY };
  }

  #freshFor(text: string | null): Found | null {
    const found = this.#found;
    if (found === null || found.text !== text) return null;
    const age = this.#clock() - found.at;
    return age >= 0 && age < (found.same ? SAME_FOR_MS : OTHER_FOR_MS) ? found : null;
  }

  /** Those who ask meanwhile share one look. */
  #look(text: string | null): Promise<Found> {
    if (this.#looking?.text === text) return this.#looking.look;
    const look = this.#compare(text)
      .catch((error: unknown) => {
        // The delivery asks again at each of its turns: another OpenSPP that is away is not asked all the time.
        if (this.#found && !this.#found.same) this.#found = { ...this.#found, at: this.#clock() };
        throw error;
      })
      .finally(() => {
        if (this.#looking?.look === look) this.#looking = null;
      });
    this.#looking = { text, look };
    return look;
  }

  async #compare(text: string | null): Promise<Found> {
    const { client, documents, name, writes, log } = this.#deps;
    const read = await readFingerprint(client, this.#closing.signal);
    const at = this.#clock();
    const known = text === null ? null : (JSON.parse(text) as KnownOpenspp);
    const kept = known === null ? read : (known.fingerprint ?? {});
    const same = known === null || isSameOpenspp(kept, read);
    let now = text;
    const isNew = Object.keys(read).some((row) => !(row in kept)) || known === null;
    // A user who sees other companies one day is to find one again that is known.
    if (same && isNew && writes && Object.keys(read).length > 0) {
      const own = { name: known?.name ?? name, since: known?.since ?? at, fingerprint: { ...read, ...kept } };
      now = await replaceKnown(documents, text, own);
      if (now === null) return this.#compare(await documents.getDocument(DOCUMENT));
      if (known === null) log.info({ openspp: name }, 'the inbox belongs to this OpenSPP from now on');
    }
    const before = this.#found;
    this.#found = { text: now, same, at };
    await this.#say(before, at);
    return this.#found;
  }

  /** To the log, and to the other processes on this inbox. */
  async #say(before: Found | null, at: number): Promise<void> {
    const { documents, name, log } = this.#deps;
    const seen = SEEN + name;
    if (!this.isOther) {
      const text = before?.same ? null : await documents.getDocument(seen);
      if (text !== null) await documents.replaceDocument(seen, text, null);
      if (before && !before.same) log.info({ openspp: name }, 'OpenSPP is the one of the inbox again');
      this.#saidAt = Number.NEGATIVE_INFINITY;
      return;
    }
    await documents.putDocument(seen, JSON.stringify(at));
    if (at - this.#saidAt < SAID_EVERY_MS) return;
    this.#saidAt = at;
    log.error(
      { openspp: name, code: 'openspp.other' },
      'this is another OpenSPP than the one of the inbox: nothing is written to it. `crvs-bridge openspp show` says what to do',
    );
  }

  #other(): OdooError {
    const { protocol } = this.#deps.client;
    return new OdooError('openspp.other', { protocol });
  }
}
