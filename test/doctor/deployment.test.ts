import { describe, expect, it, test } from 'vitest';
import { checkApiKey } from '../../src/doctor/api-key.ts';
import { checkChanges, HIDDEN_MEMBERSHIPS_SQL } from '../../src/doctor/changes.ts';
import { checkIdTypes } from '../../src/doctor/id-types.ts';
import type { HiddenMemberships, RemovedIds, SeenReading } from '../../src/doctor/read/deployment.ts';
import type { ModelReading, ModelReadings } from '../../src/doctor/read/models.ts';
import { MODEL_NAMES, type ModelName } from '../../src/doctor/requirements.ts';
import { checkVisibility } from '../../src/doctor/visibility.ts';
import type { FieldInfo } from '../../src/odoo/orm.ts';
import type { Access, ChangeRequests } from '../../src/openspp/access.ts';
import type { ApplySettings } from '../../src/openspp/apply-mode.ts';
import { failed, findingOf, gapsOf, MATCHING } from './support.ts';

const value = <T>(value: T) => ({ ok: true as const, value });
const OPEN: Access = { writesRegistrants: true, changeRequests: { kind: 'absent' } };
const LOCKED: Access = { writesRegistrants: false, changeRequests: { kind: 'absent' } };
const requests = (...codes: string[]): ChangeRequests => ({
  kind: 'usable',
  types: new Map(codes.map((code, index) => [code, { id: index + 1, code }])),
});
const ALL_TYPES = requests('exit_registrant', 'edit_individual', 'update_id');
const NOTHING_REMOVED: RemovedIds = { count: 0, hasTwin: false, registryVersion: null };
const NOBODY_DISABLED: HiddenMemberships = { disabledRegistrants: 0, seen: 0, open: 0, entitlements: 0 };

/** Models that have these fields, and to which the user has all rights but these. */
function models(fields: Partial<Record<ModelName, string>> = {}, mayWrite = true): ModelReadings {
  const info: FieldInfo = { type: 'char', required: false, readonly: false };
  const reading = (name: ModelName): ModelReading => ({
    missingRights: value(name === 'registrant' && !mayWrite ? ['write' as const] : []),
    fields: value(new Map([[fields[name] ?? 'name', info]])),
    unfilled: [],
  });
  return Object.fromEntries(MODEL_NAMES.map((name) => [name, reading(name)])) as unknown as ModelReadings;
}

function findings({
  access = OPEN,
  apply = { mode: 'auto', byEventType: {} },
  removed = NOTHING_REMOVED,
  memberships = NOBODY_DISABLED,
  readings = models(),
}: {
  access?: Access;
  apply?: Pick<ApplySettings, 'mode' | 'byEventType'>;
  removed?: RemovedIds;
  memberships?: HiddenMemberships | null;
  readings?: ModelReadings;
} = {}) {
  const reading = {
    access: value(access),
    removedIds: value(removed),
    memberships: memberships && value(memberships),
  };
  return checkChanges(reading, readings, apply);
}

describe('the mode in force', () => {
  const found = (id: string, ...given: Parameters<typeof findings>) =>
    findingOf(findings(...given), `changes.${id}`);

  it('is named for each event type, with the setting that decides', () => {
    const apply = { mode: 'auto', byEventType: { death: 'record' } } as const;
    expect(gapsOf(findings({ apply }))).toEqual([]);
    expect(found('mode.birth', { apply }).found).toContain('written into the registrant (apply.mode: auto)');
    expect(found('mode.death', { apply }).found).toMatch(
      /recorded only.*\(apply\.by_event_type\.death: record\)/,
    );
  });

  it.each([
    ['absent', { mode: 'auto' }, LOCKED, /no change requests/, /lifts/],
    [
      'forbidden',
      { mode: 'auto' },
      { ...LOCKED, changeRequests: { kind: 'forbidden' } },
      /may not file change requests/,
      /"Change Request: User"/,
    ],
    [
      'direct by the settings',
      { mode: 'direct' },
      { ...LOCKED, changeRequests: ALL_TYPES },
      /locked/,
      /auto/,
    ],
  ] as const)('makes events wait under the lock: %s', (_what, { mode }, access, why, fix) => {
    const finding = found('mode.death', { access, apply: { mode, byEventType: {} } });
    expect(finding).toMatchObject({ state: 'problem', found: expect.stringMatching(why) });
    expect(finding.found).toMatch(/^Deaths wait in the inbox/);
    expect(finding.fix).toMatch(fix);
  });

  it('is change requests under the lock; a marriage has none', () => {
    const access = { ...LOCKED, changeRequests: ALL_TYPES };
    expect(gapsOf(findings({ access }))).toEqual([
      'warning changes.mode.marriage',
      'warning changes.mode.divorce',
    ]);
    expect(found('mode.death', { access }).found).toContain('exit_registrant');
  });

  it('warns of a type of request that was archived', () => {
    const access = { ...LOCKED, changeRequests: requests('edit_individual', 'update_id') };
    expect(found('mode.birth', { access }).state).toBe('ok');
    expect(found('mode.death', { access })).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('none of the type exit_registrant'),
    });
  });

  it('distinguishes the lock from a right that is missing', () => {
    expect(found('lock').found).toContain('not locked');
    expect(found('lock', { access: LOCKED }).found).toContain('The registry is locked');
    const withoutRight = { access: LOCKED, readings: models({}, false) };
    expect(found('lock', withoutRight).found).toContain('may not write registrants');
    expect(found('mode.death', withoutRight).state).toBe('skipped');
  });
});

test('source tracking is named where it is', () => {
  const tracked = models({ registrant: 'source_system', registryId: 'source_system' });
  expect(findingOf(findings({ readings: tracked }), 'changes.provenance').found).toMatch(
    /tracks sources on res\.partner, spp\.registry\.id:/,
  );
  expect(findingOf(findings(), 'changes.provenance').found).toContain('does not track');
});

test.each([
  ['a registrant has a removed and a live ID of one type', { hasTwin: true }, 'ok', 'does not block'],
  ['a newer registry module', { registryVersion: '19.0.2.2.2' }, 'ok', 'does not block'],
  ['a much newer one', { registryVersion: '19.0.10.0' }, 'ok', 'does not block'],
  ['an older registry module', { registryVersion: '19.0.2.2.1' }, 'warning', '19.0.2.2.1'],
  ['nothing shows it', { count: 4 }, 'ok', 'only an administrator can see'],
] as const)('whether a removed ID blocks its type: %s', (_what, removed, state, found) => {
  const finding = findingOf(findings({ removed: { ...NOTHING_REMOVED, ...removed } }), 'changes.removed-ids');
  expect(finding).toMatchObject({ state, found: expect.stringContaining(found) });
});

test.each([
  ['none disabled', {}, 'ok', 'No registrant is disabled'],
  ['all hidden', { disabledRegistrants: 3 }, 'ok', 'Disabled registrants: 3. OpenSPP hides'],
  ['open ones', { disabledRegistrants: 3, seen: 5, open: 2 }, 'warning', 'still enrolled or paused: 2'],
  ['ended ones', { disabledRegistrants: 3, seen: 5 }, 'ok', 'No program membership of a disabled'],
] as const)('memberships of disabled registrants: %s', (_what, memberships, state, found) => {
  const given = { ...NOBODY_DISABLED, entitlements: 7, ...memberships };
  const finding = findingOf(findings({ memberships: given }), 'changes.hidden-memberships');
  expect(finding).toMatchObject({ state, found: expect.stringContaining(found) });
  expect(finding.fix?.includes(HIDDEN_MEMBERSHIPS_SQL) ?? false).toBe(found.includes('hides'));
  if (given.disabledRegistrants > 0) expect(finding.found).toContain('not cancelled or rejected: 7');
});

test('without programs there is nothing to say of memberships', () => {
  expect(findings({ memberships: null }).map(({ id }) => id)).not.toContain('changes.hidden-memberships');
});

describe('who can be found', () => {
  const SEEN: SeenReading = {
    companies: ['Mainland'],
    areas: null,
    ids: 6,
    idsOfHidden: 0,
    idsOfArchived: 0,
  };
  const seen = (change: Partial<SeenReading>) => checkVisibility(value({ ...SEEN, ...change }));

  it('is everybody', () => {
    expect(gapsOf(seen({}))).toEqual([]);
    expect(findingOf(seen({}), 'visibility.companies').found).toContain('the company Mainland');
    expect(findingOf(seen({ areas: 0 }), 'visibility.areas').state).toBe('ok');
  });

  it('is not those of other companies and areas', () => {
    const narrowed = seen({ areas: 2, idsOfHidden: 3, idsOfArchived: 1 });
    expect(gapsOf(narrowed)).toEqual(['warning visibility.areas', 'warning visibility.registrants']);
    expect(findingOf(narrowed, 'visibility.registrants').found).toMatch(/Of 6 .* 3 are .*match: 1\./);
  });

  it('is not known where Odoo does not say', () => {
    expect(gapsOf(checkVisibility(failed('odoo.access')))).toEqual(['skipped visibility.registrants']);
  });
});

describe('the API key', () => {
  const now = Date.UTC(2026, 10, 28, 12);
  const inDays = (days: number) => Date.UTC(2026, 10, 28 + days);
  const check = (ends: (number | null)[] | null, configured: number | null = null) =>
    checkApiKey(ends === null ? failed('odoo.access') : value(ends), configured, now);

  it.each([
    [[inDays(90)], null, 'ok', 'lasts until 2027-02-26'],
    [[inDays(14)], null, 'warning', 'ends on 2026-12-12, in 13 days'],
    [[null], null, 'ok', 'does not end'],
    [null, null, 'ok', 'does not say'],
    [null, inDays(90), 'ok', 'lasts until 2027-02-26'],
    [null, inDays(-1), 'warning', 'ended on 2026-11-27'],
    [[inDays(90)], inDays(60), 'warning', 'ODOO_API_KEY_EXPIRES says 2027-01-27'],
    [[inDays(5), inDays(90)], null, 'warning', 'this is the first that ends'],
    [[inDays(5), inDays(90)], inDays(90), 'ok', 'says which is in use'],
  ] as const)('%j, configured %j: %s', (ends, configured, state, found) => {
    const finding = check(ends === null ? null : [...ends], configured);
    expect(finding).toMatchObject({ state, found: expect.stringContaining(found) });
  });
});

describe('deprecated ID types', () => {
  const codes = (...some: [code: string, deprecated: boolean][]) =>
    value(some.map(([code, deprecated], index) => ({ id: index + 1, code, deprecated })));

  it('go on matching and take no new number', () => {
    const found = checkIdTypes(
      codes(['drn', true], ['BRN', false], ['UIN', false], ['MRN', false]),
      MATCHING,
    );
    expect(findingOf(found, 'id-types.deprecated').found).toContain('deprecated: drn.');
    expect(findingOf(found, 'id-types.registration-number.death')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('not stored'),
    });
    expect(findingOf(found, 'id-types.registration-number.birth').state).toBe('ok');
  });

  it('that no setting leads to are nothing to warn of', () => {
    const found = checkIdTypes(codes(['voter_card', true], ['BRN', false]), MATCHING);
    expect(found.map(({ id }) => id)).not.toContain('id-types.deprecated');
  });
});
