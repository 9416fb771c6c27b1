import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ALGORITHM_NAMES, type AlgorithmName } from '../dci/algorithms.ts';
import { DciClient } from '../dci/client/client.ts';
import type { Dialect } from '../dci/client/dialect.ts';
import { opencrvs } from '../dci/client/dialect-opencrvs.ts';
import { opencrvs2, opencrvsExpression } from '../dci/client/dialect-opencrvs2.ts';
import { spdci } from '../dci/client/dialect-spdci.ts';
import { AnswerSignatureError } from '../dci/client/read-body.ts';
import type { RequestSigner } from '../dci/client/request.ts';
import {
  type DciClientPorts,
  type DciClientSettings,
  DEFAULT_ENDPOINTS,
  type Endpoints,
  type RegistryKeys,
} from '../dci/client/settings.ts';
import { assertKeyFits, KeyError } from '../dci/keys.ts';
import type { Sender } from '../dci/verify.ts';
import { fetchUnverified } from '../odoo/fetch-unverified.ts';
import { keysInFile } from '../registry-keys/key-file.ts';
import { RegistriesError } from './errors.ts';
import type { Source } from './source.ts';

/** The bridge's own key. */
type OwnSigner = Omit<RequestSigner, 'form'>;

export interface SourcePorts extends DciClientPorts {
  /** Signs requests to sources that name no key of their own; asked for each, so that it may follow a rotation. */
  ownSigner?: (() => OwnSigner | null) | undefined;
  /** Opens answers that are sealed to us. */
  decrypt?: DciClientSettings['decrypt'];
  /** The keys of a registry that are fetched, or registered in OpenSPP; undefined where answers need not be signed. */
  keysOf?: ((source: Source) => RegistryKeys | undefined) | undefined;
}

/**
 * The client for a source. Keeps its token, so one is made for each source and shared.
 *
 * @throws {RegistriesError} `source.key` where a key file cannot be used
 */
export function clientFor(source: Source, ports: SourcePorts = {}): DciClient {
  return new DciClient(
    {
      registry: source.code,
      baseUrl: source.baseUrl,
      parties: {
        senderId: source.senderId,
        senderUri: source.callbackUri,
        receiverId: source.receiverId,
      },
      dialect: dialectOf(source),
      regType: source.regType ?? source.registryType,
      auth: source.auth,
      endpoints: endpointsOf(source),
      signer: signerOf(source, ports.ownSigner),
      verifyWith:
        source.verifyAnswers === false
          ? undefined
          : (registryKeys(source) ?? ports.keysOf?.(source) ?? unreadKeys(source)),
      answeredBy: [source.registrySenderId ?? source.receiverId],
      decrypt: ports.decrypt,
      olderUnsubscribe: source.olderUnsubscribe,
      timeoutMs: source.timeoutMs,
      answerTimeoutMs: source.answerTimeoutMs,
      concurrency: source.concurrency,
      requestsPerSecond: source.requestsPerSecond,
      retry: source.attempts === undefined ? {} : { attempts: source.attempts },
    },
    source.verifyTls === false ? { fetch: fetchUnverified, ...ports } : ports,
  );
}

function dialectOf({ dialect, queryStyle }: Source): Dialect {
  if (dialect === 'spdci') return spdci;
  if (queryStyle === 'idtype-value') return opencrvs2;
  if (queryStyle === 'expression') return opencrvsExpression('flat');
  return queryStyle === 'nested-expression' ? opencrvsExpression('nested') : opencrvs;
}

function endpointsOf({ endpoints = {} }: Source): Endpoints {
  const all = { ...DEFAULT_ENDPOINTS };
  for (const name of Object.keys(all) as (keyof Endpoints)[]) {
    const path = endpoints[name];
    if (path !== undefined) all[name] = path.startsWith('/') ? path : `/${path}`;
  }
  return all;
}

function signerOf(source: Source, own: SourcePorts['ownSigner']): DciClientSettings['signer'] {
  const { code, signingKeyFile, signingKeyId = 'key-1' } = source;
  // OpenCRVS looks for our key in our key set, by its thumbprint.
  const form = source.signatureForm ?? (source.dialect === 'opencrvs' ? 'jws' : 'http');
  if (source.signRequests === false) return undefined;
  if (signingKeyFile === undefined) {
    if (!own) return undefined;
    return () => {
      const key = own();
      return key ? { ...key, form } : undefined;
    };
  }
  const pem = fileText(signingKeyFile, code, 'signing_key_file');
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw keyError(code, 'signing_key_file', 'holds no private key in PEM');
  }
  const algorithm = ALGORITHM_NAMES.find((name) => fits(privateKey, name));
  if (!algorithm) throw keyError(code, 'signing_key_file', 'holds a key of a kind that cannot sign messages');
  return { form, keyId: signingKeyId, algorithm, privateKey };
}

function fits(key: KeyObject, name: AlgorithmName): boolean {
  try {
    assertKeyFits(key, name);
    return true;
  } catch {
    return false;
  }
}

function registryKeys(source: Source): Sender | undefined {
  const { code, registryKeyFile, registryKeyAlgorithm, registrySenderId, receiverId } = source;
  if (registryKeyFile === undefined) return undefined;
  const content = fileText(registryKeyFile, code, 'registry_key_file');
  try {
    const keys = keysInFile(content, registryKeyAlgorithm);
    return { senderId: registrySenderId ?? receiverId, keys };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    const fix = registryKeyAlgorithm === undefined ? '; set registry_key_algorithm' : '';
    throw keyError(
      code,
      'registry_key_file',
      `cannot be used: ${error.message}${error.code === 'key.algorithm' ? fix : ''}`,
    );
  }
}

/** Where keys are named that nothing here reads, no answer is accepted: it would not be verified. */
function unreadKeys({ code, registryJwksUrl, registrySenderId }: Source): RegistryKeys | undefined {
  if (registryJwksUrl === undefined && registrySenderId === undefined) return undefined;
  const setting = registryJwksUrl === undefined ? 'registry_sender_id' : 'registry_jwks_url';
  return {
    async current() {
      throw new AnswerSignatureError(
        `sources.${code}.${setting} names keys that are not read here: give the port keysOf, or the key itself ` +
          '(registryKeyFile), or set verifyAnswers to false',
      );
    },
    renew: async () => false,
  };
}

function fileText(path: string, code: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw keyError(code, setting, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

const keyError = (code: string, setting: string, problem: string) =>
  new RegistriesError('source.key', `sources.${code}.${setting} ${problem}`);
