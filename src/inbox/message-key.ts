import { hash } from 'node:crypto';

/**
 * SHA-256 of a message's sender and `message_id`, hex.
 *
 * @param senderLength of the sender as it was sent. Between the two texts, so that no other pair makes the same
 *   text
 */
export function messageDigest(senderLength: number, senderId: string, messageId: string): string {
  return hash('sha256', `${senderLength}:${senderId}${messageId}`, 'hex');
}

/**
 * What SQLite finds a message by: 48 bits of the digest of its sender and `message_id`, so that an entry of the index
 * takes a fifth of the two texts. Two messages may share a key, so the texts are compared as well.
 */
export function messageKey(senderId: string, messageId: string): number {
  return Number.parseInt(messageDigest(senderId.length, senderId, messageId).slice(0, 12), 16);
}
