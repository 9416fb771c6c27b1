import type { Settings } from '../config/schema.ts';
import { fetchPolicyOf } from '../config/senders.ts';
import { KeyError, keyFromPem } from '../dci/keys.ts';
import { withLineBreaks } from '../dci/pem.ts';
import { JwksError } from '../registry-keys/jwks-error.ts';
import { checkedJwksUrl } from '../registry-keys/url.ts';
import type { NewSender } from '../setup/request.ts';
import { UsageError } from './command-error.ts';
import { readInput } from './input.ts';

/** The options of `setup` about a civil registry. */
export interface SenderOptions {
  senderId?: string;
  senderName?: string;
  keyFile?: string;
  jwksUrl?: string;
}

/** The civil registry that the options name; null where they name none. @throws {UsageError} */
export async function senderOf(options: SenderOptions, settings: Settings): Promise<NewSender | null> {
  const { senderId, keyFile, jwksUrl } = options;
  if (senderId === undefined) {
    if (keyFile !== undefined || jwksUrl !== undefined || options.senderName !== undefined)
      throw new UsageError('--sender-id: name the sender whose key it is');
    return null;
  }
  if (!/^[\w.-]+$/.test(senderId)) {
    throw new UsageError('--sender-id: only letters, digits, dots, hyphens and underscores');
  }
  if ((keyFile === undefined) === (jwksUrl === undefined)) {
    throw new UsageError('--sender-id: give its public key with --key-file, or --jwks-url');
  }
  const common = { senderId, name: options.senderName ?? senderId };
  if (jwksUrl !== undefined) {
    checkJwksUrl(jwksUrl, senderId, settings);
    // OpenSPP wants one; where there is a JWKS URL, each key says its own.
    return { ...common, algorithm: 'ed25519', publicKey: null, jwksUrl };
  }
  // What OpenSPP keeps has the lines of a PEM, so that OpenSPP itself can read it.
  const publicKey = withLineBreaks((await readInput(keyFile ?? '', '--key-file')).toString('utf8'));
  return { ...common, algorithm: algorithmOf(publicKey), publicKey, jwksUrl: null };
}

function checkJwksUrl(url: string, senderId: string, settings: Settings): void {
  try {
    checkedJwksUrl(url, fetchPolicyOf(settings, senderId));
  } catch (error) {
    if (error instanceof JwksError) throw new UsageError(`--jwks-url: ${error.message}`);
    throw error;
  }
}

function algorithmOf(pem: string): NewSender['algorithm'] {
  let reason = '';
  for (const algorithm of ['ed25519', 'rs256'] as const) {
    try {
      keyFromPem(pem, algorithm);
      return algorithm;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      reason = error.message;
    }
  }
  throw new UsageError(`--key-file: expected a public key in PEM, Ed25519 or RSA: ${reason}`);
}
