import { hash } from 'node:crypto';

/**
 * What SQLite finds a message by: 48 bits of a hash of its sender and `message_id`, so that an entry of the index takes a
 * fifth of the two texts. Two messages may share a key; whoever finds one compares the texts.
 */
export function messageKey(senderId: string, messageId: string): number {
  // The length between them, so that no other sender and message_id make the same text.
  const digest = hash('sha256', `${senderId.length}:${senderId}${messageId}`, 'hex');
  return Number.parseInt(digest.slice(0, 12), 16);
}
