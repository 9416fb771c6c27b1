import type { SourceSettings } from '../registries/source.ts';
import type { Settings } from './schema.ts';

/** The settings for the registries in the form that they ask for: camelCase and milliseconds, by code. */
export function sourceSettings({ sources }: Pick<Settings, 'sources'>): Map<string, SourceSettings> {
  return new Map(
    Object.entries(sources).map(([code, one]) => [
      code,
      {
        name: one.name,
        registryType: one.registry_type,
        baseUrl: one.base_url,
        dialect: one.dialect,
        queryStyle: one.query_style,
        regType: one.reg_type,
        senderId: one.sender_id,
        callbackUri: one.callback_uri,
        receiverId: one.receiver_id,
        authType: one.auth_type,
        tokenUrl: one.token_url,
        clientId: one.client_id,
        clientSecret: one.client_secret,
        scope: one.scope,
        credentialLocation: one.credential_location,
        bearerToken: one.bearer_token,
        username: one.username,
        password: one.password,
        endpoints: {
          search: one.search_endpoint,
          asyncSearch: one.async_search_endpoint,
          subscribe: one.subscribe_endpoint,
          unsubscribe: one.unsubscribe_endpoint,
          status: one.status_endpoint,
          syncStatus: one.sync_status_endpoint,
        },
        olderUnsubscribe: one.older_unsubscribe,
        verifyTls: one.verify_tls,
        timeoutMs: milliseconds(one.timeout_seconds),
        answerTimeoutMs: milliseconds(one.answer_timeout_seconds),
        concurrency: one.concurrency,
        requestsPerSecond: one.requests_per_second,
        batchSize: one.batch_size,
        attempts: one.attempts,
        signingKeyFile: one.signing_key_file,
        signingKeyId: one.signing_key_id,
        signatureForm: one.signature_form,
        signRequests: one.sign_requests,
        registryKeyFile: one.registry_key_file,
        registryJwksUrl: one.registry_jwks_url,
        verifyAnswers: one.verify_answers,
        registrySenderId: one.registry_sender_id,
        registryKeyAlgorithm: one.registry_key_algorithm,
        repeatsIdentifiers: one.repeats_identifiers,
        populationRegister: one.population_register,
        timeZone: one.time_zone,
        identifierTypes: one.identifier_types,
      },
    ]),
  );
}

const milliseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);
