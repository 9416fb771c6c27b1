import { createHmac, timingSafeEqual } from 'node:crypto';

/** What an `X-Hub-Signature` was found to be. */
export type HubSignature = 'good' | 'missing' | 'malformed' | 'wrong';

const FORM = /^sha256=([0-9a-f]{64})$/i;

/**
 * Checks the signature of a webhook of OpenCRVS 1.x: HMAC-SHA256, in hex after `sha256=`. OpenCRVS signs the text
 * `sha256:` and then the body as `encodeURIComponent` prints it (`createRequestSignature` of its webhooks service); an
 * HMAC over the body as it is, which is WebSub's form, is taken as well, for relays in between that sign anew.
 *
 * Every secret is tried in both forms whatever the others came to, and compared in constant time, so that the time of
 * an answer tells nothing.
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
  const sent = Buffer.from(hex, 'hex');
  const texts = [`sha256:${encodeURIComponent(body)}`, body];
  let good = false;
  for (const secret of secrets) {
    for (const text of texts) {
      const made = createHmac('sha256', secret).update(text).digest();
      good = timingSafeEqual(made, sent) || good;
    }
  }
  return good ? 'good' : 'wrong';
}
