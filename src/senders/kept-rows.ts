import * as z from 'zod';
import type { SenderRow } from './trusted-sender.ts';

const kept = z.array(
  z.object({
    senderId: z.string(),
    name: z.string(),
    algorithm: z.string().nullable(),
    publicKey: z.string().nullable(),
    // Not in what earlier versions kept.
    jwksUrl: z.string().nullable().default(null),
  }),
);

/** The name of the document that the rows of an OpenSPP's sender registry are kept in. */
export function rowsDocument(openspp: string): string {
  return `senders of ${openspp}`;
}

/** Reads the rows that were kept, also by an earlier version. */
export function readKeptRows(text: string): SenderRow[] {
  return kept.parse(JSON.parse(text));
}
