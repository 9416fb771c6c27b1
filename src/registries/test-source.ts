import { DciClientError } from '../dci/client/errors.ts';
import { RegistriesError } from './errors.ts';
import type { Registries } from './registries.ts';

/** How the test of a source ended. */
export interface TestedSource {
  code: string;
  ok: boolean;
  /** The HTTP status of its health page; null where it did not get that far. */
  status: number | null;
  /** What went wrong; null where nothing did. */
  problem: string | null;
}

/**
 * Gets a token where the source needs one, and asks whether anybody answers at its base address.
 *
 * @throws OdooError, or the signal's reason
 */
export async function testSource(
  registries: Registries,
  code: string,
  options: { signal?: AbortSignal } = {},
): Promise<TestedSource> {
  try {
    const client = await registries.client(code);
    await client.authorize(options);
    const status = await client.probe('/health', options);
    // Not every registry has a health page; whoever says so is there.
    const ok = status < 400 || status === 404 || status === 405;
    return { code, ok, status, problem: ok ? null : `refuses us (HTTP ${status})` };
  } catch (error) {
    if (!(error instanceof DciClientError || error instanceof RegistriesError)) throw error;
    return { code, ok: false, status: null, problem: error.message };
  }
}
