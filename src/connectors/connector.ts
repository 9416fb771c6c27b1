import type { Hono } from 'hono';
import type * as z from 'zod';
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

/**
 * A system that sends messages to the bridge. Its folder has all that is special about it: how it proves who it is, how
 * its messages are read, its routes, and its settings.
 */
export interface Connector<Section extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** The section of the settings that is this connector's. */
  section: Section;
  schema: Schema;
  /** What is wrong with the section, in a sentence that names the setting; null where nothing is. */
  problem?(
    own: z.output<Schema>,
    matching: { registrationNumbers: Readonly<Record<VitalEventType, readonly string[]>> },
  ): string | null;
  /** Adds its routes; a connector that is not configured answers that it is closed. */
  addRoutes(app: Hono<AppEnv>, own: z.output<Schema>, shared: SharedSettings, parts: ConnectorParts): void;
}

/** Names a connector's section and schema in its type, so that the settings have the type of the schema. */
export function connector<Section extends string, Schema extends z.ZodType>(
  one: Connector<Section, Schema>,
): Connector<Section, Schema> {
  return one;
}
