import type { Envelope } from '../dci/envelope.ts';
import { type VerifyOptions, type VerifyResult, verifyEnvelope } from '../dci/verify.ts';
import type { SenderDirectory } from './sender-directory.ts';
import { namesUnknownKey, type TrustedSender } from './trusted-sender.ts';

/**
 * Verifies that a message was signed by its sender, under the name that it uses. Where the signature names a key that is
 * not known, waits until the sender's keys were fetched, if they may be, and verifies once more.
 *
 * @param sender the one that `senders` finds for the message
 * @throws {KeysPendingError} where nobody has looked for that key yet
 */
export async function verifyBySender(
  envelope: Envelope,
  sender: TrustedSender,
  senders: Pick<SenderDirectory, 'find' | 'fetchForUnknownKey'>,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const { senderId } = envelope.header;
  // A kid names the sender by the name that is in the header, also where that is an alias.
  const verify = (by: TrustedSender) => verifyEnvelope(envelope, { ...by, senderId }, options);
  const first = await verify(sender);
  if (first.ok || !namesUnknownKey(first, sender)) return first;
  if (!(await senders.fetchForUnknownKey(sender.senderId, first.details.kid ?? ''))) return first;
  const renewed = senders.find(senderId);
  // Nothing came of it: no need to calculate once more.
  if (renewed === undefined || renewed === sender) return first;
  return verify(renewed);
}
