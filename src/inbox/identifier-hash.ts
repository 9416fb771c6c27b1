import { hash } from 'node:crypto';

/**
 * What an identifier is looked up by: 52 bits of the SHA-256 of its value, so that the index holds no identifier.
 * Letter case and blanks around it do not count.
 */
export function identifierHash(value: string): number {
  const digest = hash('sha256', value.trim().toLowerCase().normalize('NFC').toWellFormed(), 'hex');
  return Number.parseInt(digest.slice(0, 13), 16);
}

/** The hashes of an event's identifiers, each once. */
export function identifierHashes(identifiers: readonly { value: string }[]): number[] {
  return [...new Set(identifiers.map(({ value }) => identifierHash(value)))];
}
