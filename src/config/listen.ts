import type { ListenSettings } from '../http/listen.ts';
import { hostAndPort } from './host-and-port.ts';
import type { Settings } from './schema.ts';

/** The settings for the server in the form that it asks for: milliseconds. */
export function listenSettings({ server }: Pick<Settings, 'server'>): ListenSettings {
  const { tls_certificate_file: certificateFile, tls_key_file: keyFile } = server;
  return {
    host: server.host,
    port: server.port,
    requestTimeoutMs: server.request_timeout_seconds * 1000,
    headersTimeoutMs: server.headers_timeout_seconds * 1000,
    keepAliveMs: server.keep_alive_seconds * 1000,
    maxHeaderBytes: server.max_header_bytes,
    maxConnections: server.max_connections,
    maxPerAddress: server.max_connections_per_address,
    handshakeTimeoutMs: server.handshake_timeout_seconds * 1000,
    trustedProxies: server.trusted_proxies,
    tls:
      certificateFile === null || keyFile === null
        ? null
        : { certificateFile, keyFile, clientCaFile: server.tls_client_ca_file },
  };
}

/** Where `/healthz` and `/readyz` are served too, in plain HTTP with the same limits; null where that is not wanted. */
export function healthListenSettings(settings: Pick<Settings, 'server'>): ListenSettings | null {
  return plainListenSettings(settings, settings.server.health_listen);
}

/** Where the metrics are served too, in plain HTTP with the same limits; null where that is not wanted. */
export function metricsListenSettings(settings: Pick<Settings, 'server' | 'metrics'>): ListenSettings | null {
  return plainListenSettings(settings, settings.metrics.listen);
}

function plainListenSettings(
  settings: Pick<Settings, 'server'>,
  listen: string | null,
): ListenSettings | null {
  const place = listen === null ? null : hostAndPort(listen);
  return place && { ...listenSettings(settings), ...place, tls: null };
}
