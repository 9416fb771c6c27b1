import type { Logger } from 'pino';
import type { Settings } from '../config/schema.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';

/** Where Odoo is, and who the bridge is there. */
export interface OdooAccess {
  url: string;
  db: string;
  login: string;
  apiKey: string | null;
  password: string | null;
}

/** What every module of a bridge is created with. */
export interface Context {
  settings: Settings;
  access: OdooAccess;
  log: Logger;
  signals: BridgeSignals;
}
