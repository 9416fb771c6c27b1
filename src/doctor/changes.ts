import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import type { Access } from '../openspp/access.ts';
import { type ApplySettings, modeInForce, type WaitReason } from '../openspp/apply-mode.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { AREAS, type Finding, ok, problem, skipped, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import type { DeploymentReading, HiddenMemberships, RemovedIds } from './read/deployment.ts';
import type { ModelReadings } from './read/models.ts';

/** How events change registrants in this OpenSPP: by which way, with what provenance, and what stands in the way. */
export function checkChanges(
  { access, removedIds, memberships }: Pick<DeploymentReading, 'access' | 'removedIds' | 'memberships'>,
  models: ModelReadings,
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>,
): Finding[] {
  const { missingRights } = models.registrant;
  const lacksRight = missingRights.ok && missingRights.value.includes('write');
  return [
    ...(access.ok
      ? checkWays(access.value, apply, lacksRight)
      : [unread('changes.lock', 'The rights', access.error)]),
    provenance(models),
    oldConstraint(removedIds),
    ...(memberships === null ? [] : [hiddenMemberships(memberships)]),
  ];
}

/**
 * Whether the registry is locked, and what becomes of each event type.
 *
 * @param lacksRight whether the user has no right to write contacts at all, lock or not
 */
export function checkWays(
  access: Access,
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>,
  lacksRight = false,
): Finding[] {
  return [lock(access, lacksRight), ...VITAL_EVENT_TYPES.map((type) => way(type, access, apply, lacksRight))];
}

/** Under the lock the right is there as such, and is refused for registrants alone. */
function lock({ writesRegistrants }: Access, lacksRight: boolean): Finding {
  const id = 'changes.lock';
  if (writesRegistrants)
    return ok(id, 'The registry is not locked: the bridge’s user may write registrants.');
  return ok(
    id,
    lacksRight
      ? `The bridge’s user may not write registrants (see "${AREAS.models}").`
      : 'The registry is locked: only OpenSPP’s administrators may write registrants ("Restrict Registry Edits to Admin Only").',
  );
}

const PLURAL: Readonly<Record<VitalEventType, string>> = {
  birth: 'Births',
  death: 'Deaths',
  marriage: 'Marriages',
  divorce: 'Divorces',
};

/** The types of change requests that an event becomes; a marriage and a divorce have none. */
const REQUEST_TYPES: Readonly<Record<VitalEventType, readonly string[]>> = {
  birth: ['edit_individual', 'update_id'],
  death: ['exit_registrant', 'update_id'],
  marriage: [],
  divorce: [],
};

const WAITS: Readonly<Record<WaitReason, { found: string; fix: string }>> = {
  'openspp.registry_locked': {
    found: 'the registry is locked, and the settings still say to write registrants',
    fix: 'Set the mode to auto, change_request or record, or let an OpenSPP administrator lift "Restrict Registry Edits to Admin Only".',
  },
  'openspp.change_requests_absent': {
    found: 'the bridge’s user may not write registrants, and this OpenSPP has no change requests',
    fix: 'An OpenSPP administrator lifts "Restrict Registry Edits to Admin Only" or installs change requests; or set apply.mode to record.',
  },
  'openspp.change_requests_forbidden': {
    found: 'the bridge’s user may not write registrants, and may not file change requests',
    fix: 'An administrator adds the user to the group "Change Request: User" (`setup` does that); or set apply.mode to record.',
  },
};

/** The setting that decides for an event type. */
function settingOf(type: VitalEventType, { mode, byEventType }: Pick<ApplySettings, 'mode' | 'byEventType'>) {
  const own = byEventType[type];
  return own === undefined ? `apply.mode: ${mode}` : `apply.by_event_type.${type}: ${own}`;
}

function way(
  type: VitalEventType,
  access: Access,
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>,
  lacksRight: boolean,
): Finding {
  const id = `changes.mode.${type}` as const;
  const [events, setting] = [PLURAL[type], settingOf(type, apply)];
  const mode = modeInForce(apply, access, type);
  switch (mode.kind) {
    case 'direct':
      return ok(id, `${events} are written into the registrant (${setting}).`);
    case 'record':
      return ok(
        id,
        `${events} are recorded only, and change nobody until a user presses Process (${setting}).`,
      );
    case 'wait': {
      if (lacksRight) {
        return skipped(
          id,
          `${events} wait in the inbox until the user may write registrants; see "${AREAS.models}".`,
        );
      }
      const { found, fix } = WAITS[mode.reason];
      return problem(id, `${events} wait in the inbox: ${found} (${setting}).`, fix);
    }
    case 'change_request':
      return byRequest(type, access, setting);
  }
}

function byRequest(type: VitalEventType, { changeRequests }: Access, setting: string): Finding {
  const id = `changes.mode.${type}` as const;
  const events = PLURAL[type];
  const needed = REQUEST_TYPES[type];
  if (needed.length === 0) {
    return warning(
      id,
      `${events} end in error: OpenSPP has no change request for the civil status (${setting}).`,
      `Set apply.by_event_type.${type} to record, to have the row without an error; or to direct, where the registry is not locked.`,
    );
  }
  const types = changeRequests.kind === 'usable' ? changeRequests.types : new Map<string, unknown>();
  const missing = needed.filter((code) => !types.has(code));
  if (missing.length === 0) {
    return ok(
      id,
      `${events} are filed as change requests (${needed.join(', ')}), and people decide (${setting}).`,
    );
  }
  return warning(
    id,
    `${events} are to be filed as change requests, and OpenSPP has none of the type ${missing.join(', ')} (${setting}).`,
    `An administrator makes the request type ${missing.join(', ')} active again, or set apply.by_event_type.${type} to record.`,
  );
}

/** The field that OpenSPP's source tracking adds. */
const TRACKED = 'source_system';
const TRACKABLE = ['registrant', 'registryId', 'membership'] as const;

function provenance(models: ModelReadings): Finding {
  const tracked = TRACKABLE.filter((name) => {
    const { fields } = models[name];
    return fields.ok && fields.value.has(TRACKED);
  });
  const id = 'changes.provenance';
  if (tracked.length === 0) return ok(id, 'OpenSPP does not track the source of changes.');
  return ok(
    id,
    `OpenSPP tracks sources on ${tracked.map((name) => MODEL[name]).join(', ')}: each change names its sender and message.`,
  );
}

/** The first release in which a removed ID no longer blocks its type. */
const FREES_TYPES = [19, 0, 2, 2, 2];

function oldConstraint(reading: Answer<RemovedIds>): Finding {
  const id = 'changes.removed-ids';
  if (!reading.ok) return unread(id, 'The removed registry IDs', reading.error);
  const { count, hasTwin, registryVersion } = reading.value;
  const isNew = hasTwin || (registryVersion !== null && !isBefore(registryVersion, FREES_TYPES));
  if (isNew) return ok(id, 'A removed registry ID (invalid) does not block its type.');
  const copes =
    'The bridge brings the removed ID back to life with the new number, instead of adding a second one';
  if (registryVersion !== null) {
    return warning(
      id,
      `OpenSPP’s registry module is ${registryVersion}: up to 19.0.2.2.1 a removed registry ID (invalid) blocks its type for good. ${copes}.`,
      'Update OpenSPP, so that users can add such an ID, too.',
    );
  }
  return {
    ...ok(
      id,
      count === 0
        ? 'No registry ID was removed (invalid); whether one would block its type, only an administrator can see.'
        : `Whether a removed registry ID (invalid) blocks its type, only an administrator can see. ${copes}, where it does.`,
    ),
    fix: '`setup --dry-run` says so, as an administrator.',
  };
}

/** Whether a version such as `19.0.2.1.4` is before another. */
function isBefore(version: string, limit: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, part] of limit.entries()) {
    const own = parts[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

/** For the database administrator: through the API nobody can see them. */
export const HIDDEN_MEMBERSHIPS_SQL =
  "SELECT count(*) FROM spp_program_membership m JOIN res_partner p ON p.id = m.partner_id WHERE p.disabled IS NOT NULL AND m.state IN ('enrolled', 'paused');";

function hiddenMemberships(reading: Answer<HiddenMemberships>): Finding {
  const id = 'changes.hidden-memberships';
  if (!reading.ok) return unread(id, 'The program memberships', reading.error);
  const { disabledRegistrants: disabled, seen, open, entitlements } = reading.value;
  if (disabled === 0) return ok(id, 'No registrant is disabled, so no program membership is hidden.');
  const rest = entitlements ? ` Their entitlements that are not cancelled or rejected: ${entitlements}.` : '';
  if (open > 0) {
    return warning(
      id,
      `Program memberships of disabled registrants that are still enrolled or paused: ${open}.${rest}`,
      'A program officer ends them.',
    );
  }
  if (seen > 0) {
    return ok(id, `No program membership of a disabled registrant is enrolled or paused.${rest}`);
  }
  return {
    ...ok(
      id,
      `Disabled registrants: ${disabled}. OpenSPP hides their program memberships from everybody, and shows none here.${rest}`,
    ),
    fix: `How many are still enrolled or paused, the database administrator can see: ${HIDDEN_MEMBERSHIPS_SQL}`,
  };
}
