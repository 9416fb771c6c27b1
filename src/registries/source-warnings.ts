import type { FoundSource } from './source.ts';

/** Something about a source that works, and should not stay so. */
export interface SourceWarning {
  /** The setting that it is about, such as `sources.crvs_main.repeats_identifiers`. */
  setting: string;
  /** What it means and what to do; no secret. */
  message: string;
}

const OWN_MACHINE = /^(?:localhost|127\..*|\[::1\])$/;

/** What is dangerous in the settings of a source, by the settings alone. */
export function sourceWarnings(source: FoundSource): SourceWarning[] {
  const { code } = source;
  const warnings: SourceWarning[] = [];
  const warn = (setting: string, message: string) =>
    void warnings.push({ setting: `sources.${code}.${setting}`, message });
  if (source.repeatsIdentifiers === false) {
    warn(
      'repeats_identifiers',
      "is false: records without the identifier that was asked for are believed to be the person's; leave it out " +
        'unless this registry surely never repeats identifiers',
    );
  }
  for (const [setting, url] of [
    ['base_url', source.baseUrl],
    ['token_url', source.tokenUrl],
  ] as const) {
    const { protocol, hostname = '' } = URL.parse(url ?? '') ?? {};
    if (protocol === 'http:' && !OWN_MACHINE.test(hostname))
      warn(setting, 'is plain http: anybody on the way can read what is asked, and our secrets; set https');
  }
  if (source.verifyTls === false)
    warn('verify_tls', 'is false: anybody on the way can read and change answers');
  if (!isVerified(source)) {
    warn(
      'registry_jwks_url',
      'is not set, nor registry_key_file or registry_sender_id, or verify_answers is false: answers are taken as they ' +
        'are, and anybody on the way can turn a death into a life',
    );
  }
  if (source.authType === 'oauth2' && source.credentialLocation === 'query') {
    warn(
      'credential_location',
      'is query: the client secret ends in the logs of the registry and of proxies; set body where the registry takes ' +
        'it (`sources test` tries), else have those logs kept short, and change the secret often',
    );
  }
  if (source.dialect === 'opencrvs') opencrvsWarnings(source, warn);
  return warnings;
}

const isVerified = (source: FoundSource) =>
  source.verifyAnswers !== false &&
  [source.registryKeyFile, source.registryJwksUrl, source.registrySenderId].some((one) => one !== undefined);

function opencrvsWarnings(source: FoundSource, warn: (setting: string, message: string) => void): void {
  const url = URL.parse(source.senderId ?? '');
  if (source.senderId !== undefined && url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    warn(
      'sender_id',
      'is no address: an OpenCRVS fetches our keys from <sender_id>/.well-known/jwks.json, so signed requests fail ' +
        '(HTTP 500). Set the public address of this bridge, also for questions of the command line',
    );
  }
  if (source.signRequests === false) {
    warn('sign_requests', 'is false: an OpenCRVS takes such requests, and cannot know that they are ours');
  }
  if (source.callbackUri === undefined) {
    warn('callback_uri', 'is not set: nothing can be asked asynchronously of an OpenCRVS');
  }
}
