import { describe, expect, test } from 'vitest';
import { checkCivilStatus } from '../../src/doctor/civil-status.ts';
import { checkEventTable, INDEX_SQL } from '../../src/doctor/event-table.ts';
import { checkFields } from '../../src/doctor/fields.ts';
import { type Finding, ok, problem, warning } from '../../src/doctor/finding.ts';
import { checkIdTypes } from '../../src/doctor/id-types.ts';
import { checkModels } from '../../src/doctor/models.ts';
import { reportOf } from '../../src/doctor/print.ts';
import type { ModelReading, ModelReadings } from '../../src/doctor/read/models.ts';
import { MODEL_NAMES, type ModelName, NEEDS } from '../../src/doctor/requirements.ts';
import { checkUser } from '../../src/doctor/user.ts';
import type { FieldInfo } from '../../src/odoo/orm.ts';
import { failed, findingOf, gapsOf, MATCHING } from './support.ts';

const value = <T>(value: T) => ({ ok: true as const, value });
const field = (type = 'char', selection?: readonly string[]): FieldInfo => ({
  type,
  required: false,
  readonly: false,
  ...(selection ? { selection: selection.map((one) => [one, one] as [string, string]) } : {}),
});

/** An OpenSPP with all that the bridge needs, but for what is changed. */
function readings(changes: Partial<Record<ModelName, Partial<ModelReading>>> = {}): ModelReadings {
  const whole = (name: ModelName): ModelReading => ({
    missingRights: value([]),
    fields: value(fieldsOf(name)),
    unfilled: [],
    ...changes[name],
  });
  return Object.fromEntries(MODEL_NAMES.map((name) => [name, whole(name)])) as unknown as ModelReadings;
}

function fieldsOf(name: ModelName, without: readonly string[] = []): Map<string, FieldInfo> {
  const known = Object.entries(NEEDS[name].fields).filter(([one]) => !without.includes(one));
  return new Map(known.map(([one, { values }]) => [one, field('char', values)]));
}

describe('models and fields', () => {
  test('all there', () => {
    expect(gapsOf([...checkModels(readings()), ...checkFields(readings())])).toEqual([]);
  });

  test('a database without OpenSPP', () => {
    const gone = { missingRights: failed('odoo.unknown_model'), fields: failed('odoo.unknown_model') };
    const plain = readings({
      event: gone,
      sender: gone,
      registryId: gone,
      code: gone,
      membership: gone,
      registrant: { fields: value(new Map([['name', field()]])) },
    });
    expect(gapsOf(checkModels(plain))).toEqual(
      ['event', 'registrant', 'registryId', 'sender', 'code'].map((name) => `problem models.${name}`),
    );
    expect(gapsOf(checkFields(plain)).every((gap) => gap.startsWith('skipped'))).toBe(true);
  });

  test('a failure of Odoo is named as one', () => {
    const broken = readings({ event: { missingRights: failed('odoo.timeout') } });
    expect(findingOf(checkModels(broken), 'models.event').found).toContain('odoo.timeout');
  });

  test.each([
    ['registrant', 'birthdate', 'problem', 'births end in error'],
    ['registrant', 'disabled', 'problem', 'deaths end in error'],
    ['registrant', 'death_date', 'ok', 'is on its event only'],
    ['registryId', 'verification_source', 'warning', 'without saying how'],
    ['membership', 'exit_reason', 'warning', 'without a reason'],
    ['event', 'notes', 'problem', 'cannot work'],
  ] as const)('without %s.%s', (name, missing, state, loss) => {
    const findings = checkFields(readings({ [name]: { fields: value(fieldsOf(name, [missing])) } }));
    expect(findingOf(findings, `fields.${name}.${missing}`)).toMatchObject({
      state,
      found: expect.stringContaining(loss),
    });
  });

  test('a value that the bridge writes is not among those of the field', () => {
    const fields = fieldsOf('registryId').set('verification_method', field('selection', ['manual']));
    const findings = checkFields(readings({ registryId: { fields: value(fields) } }));
    expect(findingOf(findings, 'fields.registryId.verification_method').found).toContain('"dci_api"');
  });

  test('a mandatory field that the bridge does not fill', () => {
    const findings = checkFields(readings({ event: { unfilled: ['x_district'] } }));
    expect(gapsOf(findings)).toEqual(['warning fields.event.x_district']);
  });
});

describe('ID types', () => {
  const types = (...codes: string[]) => value(codes.map((code, index) => ({ id: index + 1, code })));

  test('none at all', () => {
    expect(gapsOf(checkIdTypes(types(), MATCHING)).slice(0, 2)).toEqual([
      'problem id-types.vocabulary',
      'problem id-types.matching',
    ]);
  });

  test('some of the configured ones lead nowhere', () => {
    const found = findingOf(checkIdTypes(types('national_id'), MATCHING), 'id-types.matching');
    expect(found.state).toBe('warning');
    expect(found.found).toContain('UIN (national_id)');
    expect(found.found).toMatch(/since they have no ID type: BRN, .*PASSPORT\.$/);
  });

  test('by name before alias, whatever the letter case', () => {
    const findings = checkIdTypes(types('birth_certificate', 'Brn', 'drn'), MATCHING);
    expect(findingOf(findings, 'id-types.registration-number.birth').found).toContain('BRN as Brn');
    const death = findingOf(findings, 'id-types.registration-number.death');
    expect(death).toMatchObject({ state: 'ok', found: expect.stringContaining('Not as DEATH_REG_NO') });
  });

  test('that may not be read', () => {
    expect(gapsOf(checkIdTypes(failed('odoo.access'), MATCHING))).toEqual(['skipped id-types.vocabulary']);
  });
});

describe('civil status', () => {
  const check = (fields: [string, FieldInfo][], codes: string[] = []) =>
    gapsOf(checkCivilStatus(value(new Map(fields)), value(codes)));

  test('by code', () => {
    expect(check([['civil_status_id', field('many2one')]], ['M', 'D'])).toEqual([]);
    expect(check([['civil_status_id', field('many2one')]], ['m', 'D'])).toEqual([
      'problem civil-status.married',
    ]);
  });

  test('by the older field', () => {
    const values = (...some: string[]) => check([['civil_status', field('selection', some)]]);
    expect(values('single', 'Married', 'D')).toEqual([]);
    expect(values('married', 'split')).toEqual(['problem civil-status.divorced']);
    expect(check([['civil_status', field()]])).toEqual([]);
  });

  test('not kept', () => {
    expect(check([])).toEqual(['problem civil-status.field']);
  });
});

describe('the event table', () => {
  const table = (rows: number, lookupMs: number) => value({ rows, lookupMs, batchSize: 200 });
  const cost = (msPerRow: number, uniquenessMsPerRow: number) =>
    value({ msPerRow, uniquenessMsPerRow, rowsWritten: 60 });
  const check = (...args: [Parameters<typeof checkEventTable>[0], Parameters<typeof checkEventTable>[1]]) =>
    checkEventTable(...args, value([]));

  test.each([
    [20_000, 50, []],
    [20_001, 5, ['warning event-table.size']],
    [5_000, 51, ['warning event-table.size']],
    // However busy the machine is: an index would not help.
    [4_999, 900, []],
  ])('%i rows and a look-up of %i ms', (rows, lookupMs, gaps) => {
    const findings = check(table(rows, lookupMs), null);
    expect(gapsOf(findings)).toEqual(gaps);
    expect(JSON.stringify(findings).includes(INDEX_SQL)).toBe(gaps.length > 0);
  });

  test.each([
    ['a big table without an index', 200_000, cost(15.8, 15.2), ['warning event-table.create']],
    ['a big table with an index', 200_000, cost(0.9, 0.3), []],
    ['a small table on a slow machine', 100, cost(6, 5), []],
    ['a table on a machine where all is slow', 50_000, cost(9, 2), []],
  ])('measured: %s', (_name, rows, measured, gaps) => {
    const findings = check(table(rows, 60), measured);
    expect(gapsOf(findings)).toEqual(gaps);
    expect(findingOf(findings, 'event-table.create').fix).toContain(INDEX_SQL);
  });

  test('that takes no rows', () => {
    const states = (error: ReturnType<typeof failed>) => gapsOf(check(table(1, 1), error));
    expect(states(failed('odoo.refused'))).toEqual(['problem event-table.create']);
    expect(states(failed('odoo.access'))).toEqual(['skipped event-table.create']);
  });

  test.each([
    [['spp.dci.crvs.event'], 'A sequence of OpenSPP names the events.'],
    [['spp.dci.crvs.event.birth'], 'type birth, the bridge the others'],
    [['spp.dci.crvs.eventual'], 'no sequence'],
  ])('with the sequences %j', (sequences, found) => {
    const findings = checkEventTable(table(1, 1), null, value(sequences));
    expect(findingOf(findings, 'event-table.names').found).toContain(found);
  });
});

test('rights too many are named one by one', () => {
  const excess = [{ model: 'x', operation: 'unlink', label: 'delete CRVS events' }] as const;
  const login = { protocol: 'json2', uid: value(5), loginMatches: true } as const;
  const findings = checkUser(5, login, value(excess));
  expect(findingOf(findings, 'user.least-privilege').found).toContain('delete CRVS events');
  expect(gapsOf(checkUser(5, login, failed('odoo.timeout')))).toEqual(['problem user.least-privilege']);
});

test('a report goes by area, marks each finding and ends with a summary', () => {
  const findings: Finding[] = [
    ok('connection.url', 'Odoo answers.'),
    problem('senders.usable', 'No sender.', 'Register one.'),
    warning('id-types.matching', 'Odd\u001b[31m code.', 'Add it.'),
  ];
  expect(reportOf('OpenSPP', findings, (mark) => mark)).toBe(`OpenSPP

Connection
  ✓ Odoo answers.

ID types
  ! Odd [31m code.
      To fix: Add it.

Senders
  ✗ No sender.
      To fix: Register one.

1 problem, 1 warning, 1 ok
`);
});
