export interface BackoffSettings {
  initialMs: number;
  maximumMs: number;
}

/**
 * Exponential back-off with full jitter: a wait anywhere up to twice the last bound, so that many bridges do not come
 * back at the same moment; never under a tenth of the bound, so that a failing Odoo is not hammered.
 *
 * @param failures how often it has failed in a row, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backoffMs(failures: number, settings: BackoffSettings, random = Math.random()): number {
  const bound = Math.min(settings.maximumMs, settings.initialMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(bound * (0.1 + 0.9 * random));
}
