import * as z from 'zod';
import { ALGORITHMS } from '../dci/algorithms.ts';
import { KeyError, keyFromJwk, type VerificationKey } from '../dci/keys.ts';
import type { HeldKey, HeldKeys } from './held-keys.ts';

/** What is known of a sender's key set; kept on disk, times in milliseconds since the epoch. */
export interface KeySetState extends HeldKeys {
  senderId: string;
  /** Where the keys are from. Keys of another address mean nothing once it is changed. */
  url: string;
  /** When the set was last fetched; null where it never was. */
  fetchedAt: number | null;
  /** When it is to be fetched again. */
  dueAt: number;
  /** Why the last try failed, such as `jwks.timeout`; null where it did not. */
  problem: string | null;
  /** When it failed; null where it did not. */
  failedAt: number | null;
}

const stateSchema = z.object({
  senderId: z.string(),
  url: z.string(),
  fetchedAt: z.number().nullable(),
  dueAt: z.number(),
  problem: z.string().nullable(),
  failedAt: z.number().nullable(),
  keys: z.array(z.object({ jwk: z.record(z.string(), z.unknown()), leftAt: z.number().nullable() })),
  retired: z.array(z.string()),
});
const documentSchema = z.array(stateSchema);

/** Prints the states for the inbox: the public parts of the keys as JWKs. */
export function printStates(states: Iterable<KeySetState>): string {
  return JSON.stringify(
    [...states].map(({ keys, ...rest }) => ({
      ...rest,
      keys: keys.map(({ key, leftAt }) => ({ jwk: jwkOf(key), leftAt })),
    })),
  );
}

/** Reads them back. A key that can no longer be imported, since rules have become stricter, is left out. */
export function readStates(text: string): KeySetState[] {
  return documentSchema.parse(JSON.parse(text)).map(({ keys, ...rest }) => ({
    ...rest,
    keys: keys.flatMap(({ jwk, leftAt }): HeldKey[] => {
      try {
        return [{ key: keyFromJwk(jwk), leftAt }];
      } catch (error) {
        if (error instanceof KeyError) return [];
        throw error;
      }
    }),
  }));
}

function jwkOf({ keyObject, kid, algorithm }: VerificationKey): Record<string, unknown> {
  return { ...keyObject.export({ format: 'jwk' }), kid, alg: ALGORITHMS[algorithm].joseNames[0] };
}
