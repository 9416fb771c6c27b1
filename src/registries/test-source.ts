import { randomUUID } from 'node:crypto';
import type { DciClient } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { RegistriesError } from './errors.ts';
import { ownKeySetWarnings } from './own-key-set.ts';
import type { Registries } from './registries.ts';
import { QUERY_STYLES, type QueryStyle, type Source } from './source.ts';
import { sourceWarnings } from './source-warnings.ts';

/** How the test of a source ended. */
export interface TestedSource {
  code: string;
  ok: boolean;
  /** The HTTP status of its answer; null where it did not get that far. */
  status: number | null;
  /** What went wrong, and what to do; null where nothing did. */
  problem: string | null;
  /** The `query_style` that works, of an OpenCRVS; null for other registries, and where none does. */
  queryStyle: QueryStyle | null;
  /** What works, and should not stay so. */
  warnings: string[];
}

interface TestOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Asks the registry, signed as ever, for a number that there is not: whether it lets us in, takes our signature, signs as
 * it should, understands the query and takes notice of it. Of an OpenCRVS the other query styles are tried where the one
 * that is set does not work.
 *
 * @throws OdooError, or the signal's reason
 */
export async function testSource(
  registries: Registries,
  code: string,
  options: TestOptions = {},
): Promise<TestedSource> {
  const tested = { code, ok: false, status: null, queryStyle: null, warnings: [] as string[] };
  let source: Source;
  try {
    source = await registries.sources.get(code);
  } catch (error) {
    if (!(error instanceof RegistriesError)) throw error;
    return { ...tested, problem: error.message };
  }
  const warnings = sourceWarnings(source).map(({ setting, message }) => `${setting} ${message}`);
  warnings.push(...(await ownKeySetWarnings(source, registries.signingKeyId(source), options.signal)));
  try {
    const style = source.dialect === 'opencrvs' ? (source.queryStyle ?? 'predicate') : null;
    const client = await registries.client(code);
    const problem = await searchProblem(client, source, options);
    if (problem === null) {
      warnings.push(...(await bodyWarning(registries, source, options)));
      return { ...tested, ok: true, status: 200, problem, queryStyle: style, warnings };
    }
    const other = style && isAboutTheQuery(problem) && (await otherStyle(registries, source, style, options));
    const advice = other ? `; query_style: ${other} works, set that` : '';
    return {
      ...tested,
      status: problem.status ?? null,
      problem: problem.message + advice,
      queryStyle: other || null,
      warnings,
    };
  } catch (error) {
    if (!(error instanceof RegistriesError)) throw error;
    return { ...tested, problem: error.message, warnings };
  }
}

/** By which a civil registry, and another one, can be asked in every dialect. */
const typeFor = ({ registryType = 'CRVS' }: Source) => (/crvs|civil/i.test(registryType) ? 'BRN' : 'UIN');

/** What a search for a number that there is not shows; null where everything works. */
async function searchProblem(
  client: DciClient,
  source: Source,
  { signal }: TestOptions,
): Promise<{ message: string; code: string; status?: number | undefined } | null> {
  try {
    await client.authorize({ signal });
    const { records } = await client.searchById(typeFor(source), `test-${randomUUID()}`, {
      event: 'birth',
      pageSize: 1,
      signal,
    });
    if (records.length === 0) return null;
    return {
      code: 'registry.strangers',
      status: 200,
      message:
        'it answers a number that there is not with records: it takes no notice of the query, and every answer of its ' +
        'will be "not known"',
    };
  } catch (error) {
    if (!(error instanceof DciClientError)) throw error;
    // It took the question up, and answers later only: that is for --async.
    return error.code === 'registry.pending' ? null : error;
  }
}

/** Whether the registry let us in, and stumbled over what was asked. */
const isAboutTheQuery = ({ code }: { code: string }) =>
  ['registry.refused', 'registry.rejected', 'registry.answer', 'registry.strangers'].includes(code);

async function otherStyle(
  registries: Registries,
  source: Source,
  tried: QueryStyle,
  options: TestOptions,
): Promise<QueryStyle | null> {
  for (const queryStyle of QUERY_STYLES) {
    if (queryStyle === tried) continue;
    const client = await registries.clientWith(source.code, { queryStyle });
    if ((await searchProblem(client, source, options)) === null) return queryStyle;
  }
  return null;
}

/** Whether the secret could go in the body, where it goes in the query. */
async function bodyWarning(
  registries: Registries,
  { code, auth }: Source,
  { signal }: TestOptions,
): Promise<string[]> {
  if (auth.type !== 'oauth2' || auth.location !== 'query') return [];
  const client = await registries.clientWith(code, { auth: { ...auth, location: 'body' }, attempts: 1 });
  try {
    await client.authorize({ signal });
  } catch (error) {
    if (error instanceof DciClientError) return [];
    throw error;
  }
  return [`sources.${code}.credential_location: this registry takes the secret in the body; set body`];
}
