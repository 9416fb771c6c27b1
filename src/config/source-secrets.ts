/** The secrets of a source, by how their variables end. */
const SECRETS: Readonly<Record<string, string>> = {
  CLIENT_SECRET: 'client_secret',
  BEARER_TOKEN: 'bearer_token',
  PASSWORD: 'password',
};

const NAME = new RegExp(`^SOURCE_([A-Z0-9_]+)_(${Object.keys(SECRETS).join('|')})(?:_FILE)?$`);

/**
 * The secrets of sources that are in the environment: `SOURCE_CRVS_MAIN_CLIENT_SECRET` is
 * `sources.crvs_main.client_secret`.
 *
 * @param read the value of a variable, or of the file that `NAME_FILE` names; undefined where it is empty
 */
export function sourceSecrets(
  env: NodeJS.ProcessEnv,
  read: (name: string) => string | undefined,
): Record<string, Record<string, string>> {
  const sources: Record<string, Record<string, string>> = {};
  for (const name of Object.keys(env)) {
    const match = NAME.exec(name);
    if (!match) continue;
    const [, code = '', secret = ''] = match;
    const value = read(`SOURCE_${code}_${secret}`);
    const key = SECRETS[secret];
    if (value === undefined || key === undefined) continue;
    sources[code.toLowerCase()] = { ...sources[code.toLowerCase()], [key]: value };
  }
  return sources;
}
