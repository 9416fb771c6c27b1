import { type Finding, ok, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import type { SeenReading } from './read/deployment.ts';

/** Whether the bridge's user sees all registrants: who is hidden from it cannot be found by any message. */
export function checkVisibility(reading: Answer<SeenReading>): Finding[] {
  if (!reading.ok) return [unread('visibility.registrants', 'The registry IDs', reading.error)];
  const { companies, areas } = reading.value;
  return [
    ...(companies === null
      ? []
      : [ok('visibility.companies', `The bridge’s user belongs to ${list(companies)}.`)]),
    ...(areas === null ? [] : [areaFinding(areas)]),
    hidden(reading.value),
  ];
}

function list(companies: readonly string[]): string {
  return companies.length === 1 ? `the company ${companies[0]}` : `the companies ${companies.join(', ')}`;
}

function areaFinding(areas: number): Finding {
  const id = 'visibility.areas';
  if (areas === 0) return ok(id, 'No local role narrows what it sees to an area.');
  return warning(
    id,
    `A local role narrows what the bridge’s user sees to ${areas} ${areas === 1 ? 'area' : 'areas'}: registrants outside are not found.`,
    'An administrator takes the local role away from the user (Settings, Users, Roles), or gives it a global one.',
  );
}

function hidden({ ids, idsOfHidden, idsOfArchived }: SeenReading): Finding {
  const id = 'visibility.registrants';
  const archived =
    idsOfArchived > 0 ? ` Registry IDs of archived registrants, who never match: ${idsOfArchived}.` : '';
  if (idsOfHidden === 0) {
    return ok(id, `It sees the registrants of all ${ids} registry IDs.${archived}`);
  }
  return warning(
    id,
    `Of ${ids} registry IDs, ${idsOfHidden} are of registrants whom the bridge’s user cannot see: they belong to another company or area. Events about them end in error.${archived}`,
    'An administrator adds the user to the companies that have registrants (`setup` lists them), or takes its local roles away.',
  );
}
