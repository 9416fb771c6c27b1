import * as z from 'zod';

/** The settings for signatures in envelopes. */
export const signatureSchema = z
  .strictObject({
    clock_skew_seconds: z.number().min(0).max(3600),
    max_window_seconds: z
      .number()
      .positive()
      .max(86_400 * 365),
    allow_unsigned: z.boolean(),
  })
  .transform((own) => ({
    clockSkewSeconds: own.clock_skew_seconds,
    maxWindowSeconds: own.max_window_seconds,
    allowUnsigned: own.allow_unsigned,
  }));
