import type { Logger } from 'pino';
import { type DecryptionKey, decryptionKey } from '../dci/encryption.ts';
import { givenKey } from './given-key.ts';
import { assertOneUse, type KnownKeys, readKeyFiles } from './key-files.ts';
import { type OwnKey, publicJwkOf } from './own-key.ts';
import { type PlacedKey, placeKeys } from './rotation.ts';

export interface OwnKeysSettings {
  /** Null for none. */
  directory: string | null;
  /** Private keys from the settings, PEM or JWK. */
  signingKey: string | null;
  encryptionKey: string | null;
  overlapMs: number;
  refreshMs: number;
}

/** What follows from the keys, until the next of them retires. */
interface InForce {
  until: number;
  placed: readonly PlacedKey[];
  decryption: readonly DecryptionKey[];
  published: string;
}

/** The bridge's own keys: read at the start and looked at again on a schedule, so that `keys rotate` needs no restart. */
export class OwnKeys {
  readonly #settings: OwnKeysSettings;
  readonly #clock: () => number;
  readonly #given: readonly OwnKey[];
  #files: KnownKeys = new Map();
  #inForce: InForce | null = null;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param clock milliseconds since the epoch
   * @throws {OwnKeyError} where a key of the settings cannot be used
   */
  constructor(settings: OwnKeysSettings, clock: () => number = Date.now) {
    const { signingKey, encryptionKey } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#given = [
      ...(signingKey === null ? [] : [givenKey(signingKey, 'sig', 'keys.signing_key (SIGNING_KEY)')]),
      ...(encryptionKey === null
        ? []
        : [givenKey(encryptionKey, 'enc', 'keys.encryption_key (ENCRYPTION_KEY)')]),
    ];
    assertOneUse(this.#given);
  }

  /**
   * Reads the folder.
   *
   * @returns whether anything changed
   * @throws {OwnKeyError} where it cannot be used; what was known before stays in force
   */
  async read(): Promise<boolean> {
    if (this.#settings.directory === null) return false;
    const files = await readKeyFiles(this.#settings.directory, this.#files);
    assertOneUse([...this.#given, ...files.values()]);
    const same = files.size === this.#files.size && [...files.keys()].every((text) => this.#files.has(text));
    if (same) return false;
    this.#files = files;
    this.#inForce = null;
    return true;
  }

  /**
   * Reads the folder, now and on a schedule until `stop`. A folder that becomes unusable later is reported in the log, and
   * the keys held before go on working.
   *
   * @throws {OwnKeyError}
   */
  async start(log: Logger): Promise<void> {
    await this.read();
    let told: string | null = null;
    const refresh = async () => {
      try {
        if (await this.read())
          log.info({ keys: this.placed().length }, 'the keys of the bridge have changed');
        told = null;
      } catch (error) {
        const reason = (error as Error).message;
        if (reason !== told) log.error({ reason }, 'the keys of the bridge could not be read again');
        told = reason;
      }
      if (this.#timer !== undefined) plan();
    };
    const plan = () => {
      this.#timer = setTimeout(() => void refresh(), this.#settings.refreshMs).unref();
    };
    plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** All keys, the retired ones as well. */
  placed(): readonly PlacedKey[] {
    return this.#current().placed;
  }

  /** The key that our signatures are made with; null where there is none. */
  signingKey(): OwnKey | null {
    const active = this.placed().find(({ key, state }) => key.kind.use === 'sig' && state === 'active');
    return active?.key ?? null;
  }

  /** The keys that messages may be sealed to now, the active ones first. */
  decryptionKeys(): readonly DecryptionKey[] {
    return this.#current().decryption;
  }

  /** The JWKS with the public halves of all that are not retired, printed. */
  publishedKeys(): string {
    return this.#current().published;
  }

  #current(): InForce {
    const now = this.#clock();
    if (this.#inForce && now < this.#inForce.until) return this.#inForce;
    const placed = placeKeys(this.#given, [...this.#files.values()], this.#settings.overlapMs, now);
    const live = placed.filter(({ state }) => state !== 'retired').map(({ key }) => key);
    const ends = placed.flatMap(({ retiresAt }) =>
      retiresAt !== null && retiresAt > now ? [retiresAt] : [],
    );
    this.#inForce = {
      until: Math.min(...ends, Number.POSITIVE_INFINITY),
      placed,
      decryption: live
        .filter(({ kind }) => kind.use === 'enc')
        .map(({ privateKey }) => decryptionKey(privateKey)),
      published: JSON.stringify({ keys: live.map(publicJwkOf) }),
    };
    return this.#inForce;
  }
}
