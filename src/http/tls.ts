import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';

export interface TlsSettings {
  /** Paths of PEM files: the certificate with its chain, and its key. */
  certificateFile: string;
  keyFile: string;
  /** Path of a PEM file with the authorities that issue the clients' certificates; null where none are asked for. */
  clientCaFile: string | null;
}

/** A certificate or key that the server cannot use; `message` names the setting and holds no key material. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/** What can take new certificates while it serves: Node's TLS server. */
interface TlsServer {
  setSecureContext(options: SecureContextOptions): void;
}

/**
 * Reads the files and checks that they go together.
 *
 * @throws {TlsFilesError}
 */
export function readTlsFiles(settings: TlsSettings): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: read(settings.certificateFile, 'server.tls_certificate_file'),
    key: read(settings.keyFile, 'server.tls_key_file'),
    ...(settings.clientCaFile === null
      ? {}
      : { ca: read(settings.clientCaFile, 'server.tls_client_ca_file') }),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'no PEM';
    throw new TlsFilesError(
      `server.tls_certificate_file and server.tls_key_file cannot be used (${code}): expected a certificate and its own key in PEM`,
    );
  }
  return options;
}

/**
 * Looks at the files again and again, and has the server use what changed, so that a renewed certificate needs no
 * restart. Files that cannot be used (half written, not a pair) leave the certificate in force as it is.
 *
 * By content and not by notice of the file system: secrets are mounted as links, and links are swapped.
 *
 * @returns what stops it
 */
export function watchTlsFiles(
  server: TlsServer,
  settings: TlsSettings,
  inForce: SecureContextOptions,
  log: Logger,
  everyMs = 60_000,
): () => void {
  let current = inForce;
  let reported = false;
  const timer = setInterval(() => {
    try {
      const next = readTlsFiles(settings);
      if (next.cert === current.cert && next.key === current.key && next.ca === current.ca) return;
      server.setSecureContext(next);
      current = next;
      log.info('the TLS certificate was read again');
      reported = false;
    } catch (error) {
      if (!reported)
        log.error({ reason: (error as Error).message }, 'the TLS certificate could not be read again');
      reported = true;
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TlsFilesError(`${setting}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
