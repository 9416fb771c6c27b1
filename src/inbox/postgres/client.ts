import { isIP } from 'node:net';
import pg from 'pg';

/** As far as the driver's own fields matter here. */
interface Internals {
  host: string;
  ssl: boolean | Record<string, unknown>;
  connection: { ssl: boolean | Record<string, unknown> };
}

/**
 * A connection that also checks the server's certificate against an IP address. The driver gives TLS only host names, so
 * that a certificate for the address was held against `localhost`.
 */
export class Client extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const { host, ssl, connection } = this as unknown as Internals;
    if (ssl === false || isIP(host) === 0) return;
    connection.ssl = ssl === true ? { host } : Object.assign(ssl, { host });
  }
}
