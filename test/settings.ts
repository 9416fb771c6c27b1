import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { loadSettings } from '../src/config/load.ts';
import { type Settings, settingsSchema } from '../src/config/schema.ts';

/** The settings that a configuration file with these sections gives, named as in the file. */
export function settingsWith(sections: object, env: NodeJS.ProcessEnv = {}): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  try {
    const file = join(folder, 'config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(sections));
    return loadSettings(env, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The paths of all settings, such as `server.port`, and `sources` for a map with keys of the operator's own. */
export function settingPaths(): string[] {
  const { properties = {} } = z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).flatMap(([group, schema]) => {
    const within = typeof schema === 'object' ? schema.properties : undefined;
    return within ? Object.keys(within).map((key) => `${group}.${key}`) : [group];
  });
}
