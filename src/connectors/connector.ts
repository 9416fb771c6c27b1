import type { Hono } from 'hono';
import type * as z from 'zod';
import type { Dialect } from '../events/read-events.ts';
import type { TimeZones } from '../events/time-zone.ts';
import type { VitalEventType } from '../events/vital-event.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { IntakeSettings } from '../intake/intake.ts';
import type { DciDependencies } from './dci/routes.ts';
import type { MosipDependencies } from './mosip/routes.ts';

/** Settings that connectors share. */
export interface SharedSettings extends IntakeSettings {
  /** For how long a repeat is known as one, in seconds. */
  memorySeconds: number;
  /** The `receiver_id`s that are meant for us; empty for any. */
  receiverIds: readonly string[];
}

/** What connectors work on. */
export type ConnectorParts = DciDependencies &
  MosipDependencies & {
    /** Where senders are; not known where left out. */
    zones?: TimeZones | undefined;
  };

/** The setting that an environment variable gives, and how its text is read; as text where left out. */
export interface Variable {
  setting: string;
  kind?: 'integer' | 'boolean' | 'list';
}

/**
 * A system that sends messages to the bridge. Its folder has all that is special about it: how it proves who it is, how
 * its messages are read, its routes, and its settings.
 */
export interface Connector<Section extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** The section of the settings that is this connector's. */
  section: Section;
  /** Checks the section, and turns it into the settings that the routes use. */
  schema: Schema;
  /** The environment variables that give settings of the section; each also as `NAME_FILE`. */
  variables?: Readonly<Record<string, Variable>>;
  /** The wordings of its messages, where the inbox keeps these as they came. */
  dialects?: readonly Dialect[];
  /** What is wrong between the section and the settings for matching, naming the setting; null where nothing is. */
  problem?(
    own: z.output<Schema>,
    registrationNumbers: Readonly<Record<VitalEventType, ReadonlySet<string>>>,
  ): string | null;
  /** Adds its routes; a connector that is not configured answers that it is closed. */
  addRoutes(app: Hono<AppEnv>, settings: SharedSettings & z.output<Schema>, parts: ConnectorParts): void;
}

/** Names a connector's section and schema in its type, so that the settings have the type of the schema. */
export function connector<Section extends string, Schema extends z.ZodType>(
  one: Connector<Section, Schema>,
): Connector<Section, Schema> {
  return one;
}
