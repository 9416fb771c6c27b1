import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';

/** The option that every command with settings takes. */
export const CONFIG_OPTION = { config: { type: 'string' } } as const;

/** The settings of a command: `--config FILE`, else CONFIG_FILE, over the defaults; the environment over both. */
export function settingsOf(values: { config?: string | undefined }, env: NodeJS.ProcessEnv): Settings {
  return loadSettings(env, values.config ?? (env.CONFIG_FILE || undefined));
}
