import { algorithmOfJoseName } from '../dci/algorithms.ts';
import { openMessage } from '../dci/sealed.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import type { SourcePorts } from '../registries/source-client.ts';

type OwnKeyPorts = { [name in 'ownSigner' | 'decrypt']: NonNullable<SourcePorts[name]> };

/**
 * What the bridge's own keys do for requests to registries: the active signing key signs them, under its thumbprint, by
 * which it is published; sealed answers are opened with those for encryption.
 */
export function ownKeyPorts(keys: OwnKeys): OwnKeyPorts {
  return {
    ownSigner() {
      const key = keys.signingKey();
      const algorithm = key && algorithmOfJoseName(key.kind.alg);
      return key && algorithm ? { keyId: key.kid, algorithm, privateKey: key.privateKey } : null;
    },
    decrypt: (message) => openMessage(message, keys.decryptionKeys()),
  };
}
