import { isHmacOfAny } from '../../intake/shared-secret.ts';

/** What an `X-Hub-Signature` was found to be. */
export type HubSignature = 'good' | 'missing' | 'malformed' | 'wrong';

const FORM = /^sha256=([0-9a-f]{64})$/i;

/**
 * Checks the signature of a webhook of OpenCRVS 1.x: HMAC-SHA256, in hex after `sha256=`. OpenCRVS signs the text
 * `sha256:` and then the body as `encodeURIComponent` prints it (`createRequestSignature` of its webhooks service); an
 * HMAC over the body as it is, which is WebSub's form, is taken as well, for relays in between that sign again.
 *
 * @param header of `X-Hub-Signature`
 * @param body decoded as UTF-8
 * @param secrets those that are good now; several while one takes another's place
 */
export function checkHubSignature(
  header: string | undefined,
  body: string,
  secrets: readonly string[],
): HubSignature {
  if (header === undefined || header === '') return 'missing';
  const hex = FORM.exec(header.trim())?.[1];
  if (hex === undefined) return 'malformed';
  const texts = [`sha256:${encodeURIComponent(body)}`, body];
  return isHmacOfAny(Buffer.from(hex, 'hex'), 'sha256', texts, secrets) ? 'good' : 'wrong';
}
