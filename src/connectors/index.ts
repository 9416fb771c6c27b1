import type { Hono } from 'hono';
import type * as z from 'zod';
import type { AppEnv } from '../http/app-env.ts';
import type { Connector, ConnectorParts, SharedSettings } from './connector.ts';
import { dci } from './dci/connector.ts';
import { mosip } from './mosip/connector.ts';
import { opencrvsV1 } from './opencrvs-v1/connector.ts';
import { opencrvsV2 } from './opencrvs-v2/connector.ts';

/** The systems that messages come from. Another one is a folder beside these, and a name here. */
export const CONNECTORS = [dci, opencrvsV1, opencrvsV2, mosip] as const;

type Known = (typeof CONNECTORS)[number];
type Sections = { [One in Known as One['section']]: One['schema'] };
export type ConnectorSettings = { [Name in keyof Sections]: z.output<Sections[Name]> };

/** The sections of the settings that are connectors', by name. */
export const CONNECTOR_SECTIONS = Object.fromEntries(
  CONNECTORS.map(({ section, schema }) => [section, schema]),
) as Sections;

/** What is wrong with the connectors' settings, in sentences that name the setting. */
export function connectorProblems(
  settings: ConnectorSettings,
  matching: Parameters<NonNullable<Connector['problem']>>[1],
): string[] {
  return CONNECTORS.flatMap((one: Connector) => {
    const problem = one.problem?.(settings[one.section as keyof ConnectorSettings], matching) ?? null;
    return problem === null ? [] : [problem];
  });
}

/** Adds the routes of all connectors. */
export function addConnectors(
  app: Hono<AppEnv>,
  settings: ConnectorSettings,
  shared: SharedSettings,
  parts: ConnectorParts,
): void {
  for (const one of CONNECTORS as readonly Connector[]) {
    one.addRoutes(app, settings[one.section as keyof ConnectorSettings], shared, parts);
  }
}
