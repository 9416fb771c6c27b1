import * as z from 'zod';
import { isTimeZone } from '../events/time-zone.ts';

/** A duration in seconds, up to a year. */
export const seconds = z
  .number()
  .positive()
  .max(86_400 * 365);
export const count = z.int().positive();
export const zone = z.string().refine(isTimeZone, 'must be a time zone such as Africa/Lagos or UTC');
export const optionalText = z.string().min(1).nullable();
export const httpAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
/** A secret that opens something. */
export const token = (length: number) =>
  z.string().min(length, `must have at least ${length} characters`).nullable();
