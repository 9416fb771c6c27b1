import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VitalEventType } from '../../src/events/vital-event.ts';
import { searchRead } from '../../src/odoo/orm.ts';
import { TARGETS, type Target } from './target.ts';
import { type Told, World } from './world.ts';

/** What every internal user of OpenSPP reads of an event: it must not show whom it is about. */
describe.each(TARGETS)('notes and errors of events: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  it('show no whole identifier and no name, whatever becomes of the event', async () => {
    const numbered = (type: string, prefix: string) => ({ type, value: world.unique(prefix) });
    const told: Told[] = [];
    const tell = (type: VitalEventType, date: string | null, ...identifiers: Told['identifiers']) =>
      told.push({ type, date, identifiers });
    for (let n = 0; n < 3; n += 1) {
      const nid = world.unique('N');
      const passport = world.unique('P');
      const id = await world.registrant({ national_id: nid, passport }, { given_name: 'Amina' });
      const other = await world.registrant({ national_id: world.unique('N') });
      await world.household(id, [other]);
      await world.enrol(id, (await world.program()).id, 'enrolled');
      const uin = { type: 'UIN', value: nid };
      tell('birth', '2000-01-01', uin, numbered('BRN', 'B'));
      tell('birth', '2000-01-02', uin, numbered('BRN', 'B'));
      tell('birth', '2999-01-01', uin, numbered('BRN', 'B'));
      tell('birth', '2000-01-01', uin, { type: 'BRN', value: `no good ${n}!` });
      tell('marriage', '2020-01-01', numbered('MRN', 'M'), uin);
      tell('marriage', '2001-01-01', uin);
      tell('death', '1990-01-01', uin);
      tell('death', '2024-01-01', uin, numbered('DRN', 'D'));
      tell('death', '2024-01-01', { type: 'PASSPORT', value: passport }, numbered('UIN', 'N'));
      tell('death', '2024-01-01', numbered('UIN', 'N'));
      tell('death', '2024-01-01');
      const archived = world.unique('N');
      await world.archived({ national_id: archived });
      tell('death', '2024-01-01', { type: 'UIN', value: archived });
      tell('death', '2024-01-01', uin, { type: 'PASSPORT', value: world.unique('P') });
    }
    for (const one of told) await world.deliver(one);
    const rows = await searchRead(world.client, 'spp.dci.crvs.event', [], ['notes', 'error_message']);
    const ids = await searchRead(world.client, 'spp.registry.id', [], ['value']);
    const people = await searchRead(world.maker, 'res.partner', [['is_registrant', '=', true]], ['name']);
    const said = rows.map(({ notes, error_message }) => `${notes}\n${error_message}`).join('\n');
    const secrets = [
      ...ids.map(({ value }) => String(value)),
      ...people.map(({ name }) => String(name)),
      ...told.flatMap(({ identifiers }) => identifiers.map(({ value }) => value)),
      'Amina',
    ];
    // What was said of these very events, and not nothing.
    expect(said).toContain('ending ');
    expect(secrets.filter((one) => one.length > 4 && said.includes(one))).toEqual([]);
  });
});
