import { retried } from '../../lib/retry.ts';
import { SYSTEM_TIMING, type Timing } from '../../lib/timing.ts';
import type { Envelope } from '../envelope.ts';
import { isJsonObject, parseJson } from '../json.ts';
import type { Sender } from '../verify.ts';
import { type Authorizer, authorizerOf } from './auth.ts';
import { DciClientError, type DciClientErrorCode, type DciClientErrorDetails } from './errors.ts';
import { Gate } from './gate.ts';
import { exchange, type HttpAnswer, type HttpContext } from './http.ts';
import { isPlain, type Plain, plainObject, textOf } from './plain.ts';
import { AnswerSignatureError, BodyError, complaintOf, readRoot, verifyAnswer } from './read-body.ts';
import { type RequestAction, requestBody } from './request.ts';
import { DEFAULT_RETRY, pauseOrThrow, Repeatable, type RetryPolicy } from './retry.ts';
import type { DciClientPorts, DciClientSettings } from './settings.ts';
import { TokenSource } from './token.ts';

/** What a registry answered: that it took the request up, or the answer itself. */
export type Received =
  | { kind: 'acknowledged'; correlationId: string | null }
  | { kind: 'answered'; header: Plain; message: Plain };

export interface Sending {
  action: RequestAction;
  /** Behind the base address. */
  path: string;
  message: Plain;
  transactionId: string;
  /** Whether the registry may get it twice. */
  idempotent: boolean;
  signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** What lets requests through at the pace that these settings allow. */
export function gateFor(
  { concurrency, requestsPerSecond }: Pick<DciClientSettings, 'concurrency' | 'requestsPerSecond'>,
  timing: Timing = SYSTEM_TIMING,
): Gate {
  return new Gate({ width: concurrency ?? DEFAULT_CONCURRENCY, perSecond: requestsPerSecond }, timing);
}

/** Carries requests to one registry: envelope, signature, authorization, limits, repetition, and the answer's check. */
export class Transport {
  readonly #settings: DciClientSettings;
  readonly #timing: Timing;
  readonly #retry: RetryPolicy;
  readonly #http: Omit<HttpContext, 'action'>;
  readonly #gate: Gate;
  readonly #auth: Authorizer;

  constructor(settings: DciClientSettings, ports: DciClientPorts) {
    this.#settings = settings;
    this.#timing = ports.timing ?? SYSTEM_TIMING;
    this.#retry = { ...DEFAULT_RETRY, ...settings.retry };
    this.#http = {
      registry: settings.registry,
      // The global is looked up at each call, so that a test may stand in front of it.
      fetch: ports.fetch ?? ((url, init) => fetch(url, init)),
      timing: this.#timing,
      timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      hintAt500: settings.dialect.hintAt500,
      maxAnswerBytes: settings.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES,
    };
    this.#gate = ports.gate ?? gateFor(settings, this.#timing);
    const { auth } = settings;
    this.#auth = authorizerOf(auth, () => {
      if (auth.type !== 'oauth2') throw new TypeError('only OAuth2 has tokens');
      return new TokenSource(auth, { ...this.#http, action: 'token', hintAt500: undefined }, this.#retry);
    });
  }

  clearTokenCache(): void {
    this.#auth.clear();
  }

  /** Gets a token where the registry wants one. @throws {DciClientError} */
  async authorize(signal?: AbortSignal): Promise<void> {
    await this.#auth.header(signal);
  }

  /**
   * Sends a request and reads what comes back, once or, where it may be repeated, a few times.
   *
   * @throws {DciClientError} or the signal's reason
   */
  async send(sending: Sending): Promise<Received> {
    const { signal } = sending;
    let renewed = false;
    const attempt = async (): Promise<Received> => {
      const authorization = await this.#auth.header(signal);
      const answer = await this.#gate.through(signal, () => this.#attempt(sending, authorization));
      if (answer.status === 401 && !renewed && this.#auth.refused(authorization)) {
        renewed = true;
        return attempt();
      }
      return this.#received(answer, sending);
    };
    return retried(attempt, {
      timing: this.#timing,
      signal,
      pauseAfter: (failure, failures) => {
        // Also where this request gives up: the others are not to knock meanwhile.
        if (failure instanceof Repeatable && failure.retryAfterMs !== null)
          this.#gate.pause(Math.min(failure.retryAfterMs, this.#retry.maximumMs));
        return pauseOrThrow(failure, failures, sending.idempotent, this.#retry, this.#timing.random);
      },
    });
  }

  async #attempt(sending: Sending, authorization: string | undefined): Promise<HttpAnswer> {
    const { baseUrl, parties, signer, dialect } = this.#settings;
    const key = typeof signer === 'function' ? signer() : signer;
    const unsigned = dialect.unsigned === 'absent' ? null : '';
    const now = this.#timing.now();
    const body = await requestBody(sending.action, sending.message, parties, now, key, unsigned);
    return exchange(
      { ...this.#http, action: sending.action },
      baseUrl.replace(/\/+$/, '') + sending.path,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(authorization ? { authorization } : {}),
        },
        body,
      },
      sending.signal,
    );
  }

  async #received({ status, body }: HttpAnswer, sending: Sending): Promise<Received> {
    const fail = (code: DciClientErrorCode, details: Partial<DciClientErrorDetails>): never => {
      throw new DciClientError(code, {
        registry: this.#settings.registry,
        action: sending.action,
        status,
        ...details,
      });
    };
    if (status >= 400) {
      const { code, message } = complaintOf(body);
      const unauthorized = status === 401 || status === 403;
      return fail(unauthorized ? 'registry.unauthorized' : 'registry.refused', {
        registryCode: code,
        registryMessage: message,
      });
    }
    let root: Plain;
    try {
      root = readRoot(body);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return fail('registry.answer', { hint: error.message });
    }
    const message = isPlain(root.message) ? root.message : null;
    const acknowledged = message?.ack_status;
    if (message && typeof acknowledged === 'string') {
      if (acknowledged.toUpperCase() === 'ACK')
        return { kind: 'acknowledged', correlationId: textOf(message.correlation_id) };
      const { code, message: words } = complaintOf(body);
      return fail('registry.refused', { registryCode: code, registryMessage: words });
    }
    const verified = await this.#verify(body).catch((error: unknown) => {
      if (!(error instanceof AnswerSignatureError)) throw error;
      return fail('registry.signature', { hint: error.message });
    });
    const header = verified ? plainObject(verified.headerNode) : isPlain(root.header) ? root.header : {};
    const said = verified ? plainObject(verified.message) : message;
    const content = await this.#opened(header, said, body, () => fail('registry.encrypted', {}));
    if (content === null) return fail('registry.answer', { hint: 'the answer has no message' });
    const transaction = textOf(content.transaction_id);
    // With a signature, an answer to something else would be good as new without this.
    const mustMatch = transaction !== null || verified !== null;
    if (mustMatch && transaction !== sending.transactionId) {
      return fail('registry.answer', { hint: 'the answer is not to our transaction' });
    }
    return { kind: 'answered', header, message: content };
  }

  /** @returns what the registry signed; null where it need not sign */
  async #verify(body: Uint8Array): Promise<Envelope | null> {
    const { verifyWith, dialect, parties } = this.#settings;
    if (!verifyWith) return null;
    const echoed = dialect.echoesSender ? parties.senderId : null;
    const verify = (by: Sender) => verifyAnswer(body, by, echoed, Math.floor(this.#timing.now() / 1000));
    if ('keys' in verifyWith) return verify(verifyWith);
    const known = await verifyWith.current();
    if (known === null) return null;
    try {
      return await verify(known);
    } catch (error) {
      if (!(error instanceof AnswerSignatureError && error.maybeNewKey)) throw error;
      const renewed = (await verifyWith.renew()) ? await verifyWith.current() : null;
      if (renewed === null) throw error;
      return verify(renewed);
    }
  }

  async #opened(
    header: Plain,
    message: Plain | null,
    body: Uint8Array,
    refuse: () => never,
  ): Promise<Plain | null> {
    // Some encrypt without saying so in the header.
    const isSealed = header.is_msg_encrypted === true || typeof message?.ciphertext === 'string';
    if (!message || !isSealed) return message;
    const { decrypt } = this.#settings;
    const root = parseJson(
      Buffer.from(body)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    const sealed = isJsonObject(root) ? root.get('message') : undefined;
    if (!decrypt || !isJsonObject(sealed)) return refuse();
    try {
      return plainObject(await decrypt(sealed));
    } catch {
      return refuse();
    }
  }
}
