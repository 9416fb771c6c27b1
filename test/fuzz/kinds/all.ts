import { eventDocuments, mosipDeliveries } from './documents.ts';
import {
  changedBytes,
  changedThenSigned,
  honest,
  large,
  nothingKnown,
  signedThenChanged,
  swapped,
} from './envelopes.ts';
import type { Kind } from './kind.ts';
import { oddRecords } from './records.ts';
import { changedSealed, honestSealed, oddPlaintext } from './sealed.ts';
import { httpSignatures, jwsSignatures, mixedForms } from './signatures.ts';
import { webhooks } from './webhooks.ts';

/** The kinds of inputs, each with its weight: how many of so many are of it. A new form of messages gets its line here. */
export const KINDS: Readonly<Record<string, { kind: Kind; weight: number }>> = {
  honest: { kind: honest, weight: 10 },
  'changed, then signed': { kind: changedThenSigned, weight: 30 },
  'signed, then changed': { kind: signedThenChanged, weight: 30 },
  'signature of another': { kind: swapped, weight: 10 },
  'changed bytes': { kind: changedBytes, weight: 30 },
  'no envelope': { kind: nothingKnown, weight: 5 },
  'HTTP-signature': { kind: httpSignatures, weight: 35 },
  JWS: { kind: jwsSignatures, weight: 35 },
  'mixed forms': { kind: mixedForms, weight: 5 },
  sealed: { kind: honestSealed, weight: 5 },
  'sealed, and odd inside': { kind: oddPlaintext, weight: 10 },
  'sealed, and changed': { kind: changedSealed, weight: 15 },
  'OpenCRVS 1.x': { kind: webhooks, weight: 10 },
  'OpenCRVS 2.x': { kind: eventDocuments, weight: 10 },
  MOSIP: { kind: mosipDeliveries, weight: 10 },
  'records as registries send them': { kind: oddRecords, weight: 20 },
  large: { kind: large, weight: 1 },
};
