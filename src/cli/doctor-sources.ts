import type { Settings } from '../config/schema.ts';
import { OwnKeyError } from '../keys/own-key.ts';
import { OdooError } from '../odoo/errors.ts';
import { ownKeySetWarnings } from '../registries/own-key-set.ts';
import { withRegistries } from './registries.ts';

/**
 * What works of the registries that can be asked, and should not stay so: their settings, and whether our key is where an
 * OpenCRVS looks for it. Nothing where OpenSPP or our keys cannot be read: that is for other checks to say.
 */
export async function doctorSources(settings: Settings): Promise<string[]> {
  const warnings: string[] = [];
  try {
    await withRegistries(settings, false, async ({ registries }) => {
      for (const { code, problem, warnings: own } of await registries.sources.list()) {
        warnings.push(...own);
        if (problem !== null) continue;
        const source = await registries.sources.get(code);
        warnings.push(...(await ownKeySetWarnings(source, registries.signingKeyId(source))));
      }
      return 0;
    });
  } catch (error) {
    if (!(error instanceof OdooError || error instanceof OwnKeyError)) throw error;
  }
  return warnings;
}
