import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { AppEnv } from './app-env.ts';
import { isWithin } from './client.ts';
import { limitConnections } from './connections.ts';
import { readTlsFiles, type TlsSettings, watchTlsFiles } from './tls.ts';

/** Where to listen, and what one client may take. Times in milliseconds. */
export interface ListenSettings {
  host: string;
  port: number;
  /** In which the whole request must have come. */
  requestTimeoutMs: number;
  /** In which its headers must have come. */
  headersTimeoutMs: number;
  /** For which a connection without a request is kept. */
  keepAliveMs: number;
  /** All headers of a request together. */
  maxHeaderBytes: number;
  /** Connections at once; where there are more, idle ones make room. */
  maxConnections: number;
  /** Of these from one address, but for trusted proxies. */
  maxConnectionsPerAddress: number;
  /** In which a TLS handshake must be done. */
  handshakeTimeoutMs: number;
  /** Addresses and networks of proxies. */
  trustedProxies: readonly string[];
  /** Null for plain HTTP. */
  tls: TlsSettings | null;
}

export interface Listening {
  server: ServerType;
  /** Such as `https://127.0.0.1:8080`. */
  url: string;
  /** Ends the look-out for new certificates; the server is the caller's to close. */
  stopWatching(): void;
}

/** RFC 6797: only where the connection is a TLS one. */
const STRICT_TRANSPORT = 'max-age=31536000';
/** So many connections may be closed but not gone yet. */
const CONNECTIONS_SLACK = 128;
/** How often Node looks for connections that are past their time. */
const CHECK_CONNECTIONS_MS = 1000;

/**
 * Serves the app, over TLS where there is a certificate.
 *
 * @throws {TlsFilesError} where the certificate cannot be used
 * @throws where the port is taken
 */
export function listen(app: Hono<AppEnv>, settings: ListenSettings, log: Logger): Promise<Listening> {
  const { host: hostname, port, tls } = settings;
  const limits = {
    requestTimeout: settings.requestTimeoutMs,
    headersTimeout: Math.min(settings.headersTimeoutMs, settings.requestTimeoutMs),
    keepAliveTimeout: settings.keepAliveMs,
    maxHeaderSize: settings.maxHeaderBytes,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
  };
  const files = tls && readTlsFiles(tls);
  const asked = tls?.clientCaFile ? { requestCert: true, rejectUnauthorized: true } : {};
  return new Promise((resolve, reject) => {
    const server = files
      ? serve({
          fetch: app.fetch,
          hostname,
          port,
          createServer: createTlsServer,
          serverOptions: { ...limits, ...files, ...asked },
        })
      : serve({ fetch: app.fetch, hostname, port, createServer: createPlainServer, serverOptions: limits });
    // Node's own bound closes the new ones, at work or not: it is there for what comes within one turn.
    server.maxConnections = settings.maxConnections + CONNECTIONS_SLACK;
    limitConnections(server as Server, {
      maxConnections: settings.maxConnections,
      maxPerAddress: settings.maxConnectionsPerAddress,
      handshakeTimeoutMs: files ? settings.handshakeTimeoutMs : null,
      isProxy: isWithin(settings.trustedProxies),
    });
    let stopWatching = () => {};
    if (tls && files && 'setSecureContext' in server) {
      server.prependListener('request', (_request, response) => {
        response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT);
      });
      stopWatching = watchTlsFiles(server, tls, files, log);
    }
    server.once('error', (error) => {
      stopWatching();
      reject(error);
    });
    server.once('listening', () => resolve({ server, url: urlOf(server, files !== null), stopWatching }));
  });
}

function urlOf(server: ServerType, secure: boolean): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${secure ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
