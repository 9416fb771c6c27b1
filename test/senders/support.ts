import { generateKeyPairSync } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { createLog } from '../../src/log.ts';
import type { SenderRow } from '../../src/senders/trusted-sender.ts';

export const ED25519 = generateKeyPairSync('ed25519');
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const pemOf = (pair: typeof ED25519) =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

export function senderRow(senderId: string, over: Partial<SenderRow> = {}): SenderRow {
  return {
    senderId,
    name: `Registry ${senderId}`,
    algorithm: 'ed25519',
    publicKey: pemOf(ED25519),
    jwksUrl: null,
    ...over,
  };
}

/** A log that keeps what was written, in `text()` and entry by entry. */
export function keptLog(level = 'trace'): {
  log: Logger;
  text(): string;
  entries(): Record<string, unknown>[];
} {
  let written = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const lines = () => written.split('\n').filter((line) => line !== '');
  return {
    log: createLog(level, destination),
    text: () => written,
    entries: () => lines().map((line) => JSON.parse(line)),
  };
}
