import type { DciClient } from '../dci/client/client.ts';
import { timeZone } from '../events/time-zone.ts';
import type { Registries } from '../registries/registries.ts';
import type { Source } from '../registries/source.ts';
import { ignoresRange } from './notes.ts';
import type { AskedRegistry } from './record-message.ts';

/**
 * The registry behind a source: whom its records come from, and how it is asked.
 *
 * @throws {RegistriesError | OdooError}
 */
export async function registryOf(
  registries: Pick<Registries, 'civilRegistry'>,
  code: string,
): Promise<{ client: DciClient; registry: AskedRegistry; source: Source }> {
  const { source, client } = await registries.civilRegistry(code);
  const senderId = source.registrySenderId ?? source.receiverId;
  const registry: AskedRegistry = {
    senderId,
    receiverId: source.senderId,
    ignoresRange: (type) => ignoresRange(source, type),
    zone: source.timeZone === undefined ? null : timeZone(source.timeZone),
  };
  return { client, registry, source };
}
