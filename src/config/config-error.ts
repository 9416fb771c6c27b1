/** A setting that the bridge cannot start with; `message` names it and says how to fix it, and holds no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
