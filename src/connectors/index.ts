import type { Hono } from 'hono';
import type * as z from 'zod';
import { type NotificationReader, readerOf } from '../events/read-events.ts';
import type { TimeZones } from '../events/time-zone.ts';
import type { AppEnv } from '../http/app-env.ts';
import * as all from './all.ts';
import type { Connector, ConnectorParts, SharedSettings } from './connector.ts';

const CONNECTORS = Object.values(all);

type Known = (typeof CONNECTORS)[number];
type Sections = { [One in Known as One['section']]: One['schema'] };
export type ConnectorSettings = { [Name in keyof Sections]: z.output<Sections[Name]> };

/** The sections of the settings that are connectors', by name. */
export const CONNECTOR_SECTIONS = Object.fromEntries(
  CONNECTORS.map(({ section, schema }) => [section, schema]),
) as Sections;

/** The environment variables for these sections: the section and the setting that each gives. */
export const CONNECTOR_VARIABLES = Object.fromEntries(
  CONNECTORS.flatMap(({ section, variables = {} }: Connector) =>
    Object.entries(variables).map(([name, { setting, kind }]) => [
      name,
      { path: [section, setting] as const, kind },
    ]),
  ),
);

/** Reads what the inbox keeps of every connector. */
export function connectorReader(zones: TimeZones): NotificationReader {
  return readerOf(
    CONNECTORS.flatMap(({ dialects = [] }: Connector) => dialects),
    zones,
  );
}

const ownOf = (settings: ConnectorSettings, { section }: Connector) =>
  settings[section as keyof ConnectorSettings];

/** What is wrong between the connectors' settings and those for matching, in sentences that name the setting. */
export function connectorProblems(
  settings: ConnectorSettings,
  registrationNumbers: Parameters<NonNullable<Connector['problem']>>[1],
): string[] {
  return CONNECTORS.flatMap(
    (one: Connector) => one.problem?.(ownOf(settings, one), registrationNumbers) ?? [],
  );
}

/** Adds the routes of all connectors. */
export function addConnectors(
  app: Hono<AppEnv>,
  settings: ConnectorSettings,
  shared: SharedSettings,
  parts: ConnectorParts,
): void {
  for (const one of CONNECTORS as readonly Connector[]) {
    one.addRoutes(app, { ...shared, ...ownOf(settings, one) }, parts);
  }
}
