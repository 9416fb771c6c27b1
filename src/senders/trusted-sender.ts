import { algorithmNamed } from '../dci/algorithms.ts';
import { KeyError, keyFromPem, type VerificationKey } from '../dci/keys.ts';
import type { Sender } from '../dci/verify.ts';

/** A row of OpenSPP's CRVS Sender Registry, as it is kept. */
export interface SenderRow {
  senderId: string;
  name: string;
  /** `ed25519` or `rs256`; null where none was chosen. */
  algorithm: string | null;
  /** PEM; null where none was entered. */
  publicKey: string | null;
}

/** A sender whose messages are verified with its keys. */
export interface TrustedSender extends Sender {
  name: string;
  /** Why none of its messages can be verified, for the operator; null where there is a key. */
  problem: string | null;
}

/** Imports the key of a row. A row that cannot be used is kept, so that its messages are refused for the right reason. */
export function trustedSender(row: SenderRow): TrustedSender {
  const { keys, problem } = importKeys(row);
  const algorithm = row.algorithm === null ? null : algorithmNamed(row.algorithm);
  return { senderId: row.senderId, name: row.name, algorithm: algorithm ?? undefined, keys, problem };
}

function importKeys({ algorithm, publicKey }: SenderRow): {
  keys: VerificationKey[];
  problem: string | null;
} {
  if (publicKey === null) return { keys: [], problem: 'no public key is entered' };
  if (algorithm === null) return { keys: [], problem: 'no algorithm is chosen' };
  try {
    return { keys: [keyFromPem(publicKey, algorithm)], problem: null };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return { keys: [], problem: error.message };
  }
}
