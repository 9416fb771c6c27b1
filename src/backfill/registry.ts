import type { DciClient } from '../dci/client/client.ts';
import type { Registries } from '../registries/registries.ts';
import type { AskedRegistry } from './record-message.ts';

/**
 * The registry behind a source: whom its records come from, and how it is asked.
 *
 * @throws {RegistriesError | OdooError}
 */
export async function registryOf(
  registries: Pick<Registries, 'civilRegistry'>,
  code: string,
): Promise<{ client: DciClient; registry: AskedRegistry }> {
  const { source, client } = await registries.civilRegistry(code);
  const senderId = source.registrySenderId ?? source.receiverId;
  return { client, registry: { senderId, receiverId: source.senderId } };
}
