import type { Logger } from 'pino';

/** What every request carries. */
export interface AppEnv {
  Variables: {
    /** A logger of this request, which carries its id. Made when asked for: most requests log nothing. */
    log(): Logger;
    /** One id from the socket to the log; the correlation id of an answer that commits nothing. */
    requestId: string;
  };
}
