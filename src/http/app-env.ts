import type { Logger } from 'pino';

/** What every request carries. */
export interface AppEnv {
  Variables: {
    /** Of this request: carries its id. */
    log: Logger;
    /** One id from the socket to the log; the correlation id of an answer that commits nothing. */
    requestId: string;
  };
}
