import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';

/** The settings of a command: `--config FILE`, else CONFIG_FILE, over the defaults; the environment over both. */
export function settingsOf(options: { config?: string | undefined }, env: NodeJS.ProcessEnv): Settings {
  return loadSettings(env, configFile(options, env));
}

/** The configuration file of a command; undefined where there is none. */
export function configFile(
  { config }: { config?: string | undefined },
  env: NodeJS.ProcessEnv,
): string | undefined {
  return config ?? (env.CONFIG_FILE || undefined);
}
