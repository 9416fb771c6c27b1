import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import causeOfDeath from '../../examples/cause-of-death/extension.ts';
import { read } from '../../src/odoo/orm.ts';
import { TARGETS, type Target } from '../contract/target.ts';
import { World } from '../contract/world.ts';
import { addField, putInForce, saying } from './support.ts';

const EVENT = 'spp.dci.crvs.event';
const FIELD = 'x_cause_of_death';

/** The worked example of docs/extensions.md, on the sandbox and on a real Odoo. */
describe.each(TARGETS)('a country that records the cause of death: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
    world = new World(target, target.bridge('json2'));
    if (target.admin) {
      await addField(target.admin, EVENT, FIELD);
      await addField(target.admin, 'res.partner', FIELD);
    }
  });
  afterAll(() => target?.close());

  async function death(cause: string | null) {
    const nid = world.unique('N');
    const registrant = await world.registrant({ national_id: nid });
    const told = world.claimed({
      type: 'death',
      date: '2024-12-01',
      identifiers: [{ type: 'UIN', value: nid }],
    });
    const person = { name: 'Somebody', ...(cause === null ? {} : { cause_of_death: cause }) };
    return { registrant, told: saying(told, { person }) };
  }

  const causeOf = async (model: string, id: number | null) =>
    (await read(world.client, model, [id ?? 0], [FIELD]))[0]?.[FIELD];

  it('has it in the row and in the registrant, one of many in a batch', async () => {
    const { logged } = putInForce(world, causeOfDeath);
    const causes = ['i21.9', null, 'C34', 'X59', 'no code'];
    const deaths = await Promise.all(causes.map(death));
    const outcomes = await world.deliver(...deaths.map(({ told }) => told));
    expect(outcomes).toMatchObject([
      { outcome: 'processed', notes: expect.stringContaining('Marked as deceased.') },
      { outcome: 'processed', notes: expect.stringContaining('Marked as deceased.') },
      { outcome: 'processed', notes: expect.stringContaining('Marked as deceased.') },
      { outcome: 'processed', notes: expect.stringContaining('Marked as deceased.') },
      {
        outcome: 'error',
        errorMessage:
          'Refused by the extension "cause-of-death": The cause of death is no code of the ICD-10.',
      },
    ]);
    const rows = outcomes.map((one) => (one.kind === 'settled' ? one.odooEventId : null));
    expect(await Promise.all(rows.map((id) => causeOf(EVENT, id)))).toEqual([
      'I21.9',
      false,
      'C34',
      'X59',
      false,
    ]);
    const held = deaths.map(({ registrant }) => causeOf('res.partner', registrant));
    expect(await Promise.all(held)).toEqual(['I21.9', false, 'C34', 'X59', false]);
    const states = await read(world.client, EVENT, rows.map(Number), ['state', 'error_message']);
    expect(states.map(({ state }) => state)).toEqual([...Array(4).fill('processed'), 'error']);
    expect(logged()).not.toContain('I21');
  });

  it('leaves births alone, and a cause that is known', async () => {
    putInForce(world, causeOfDeath);
    const { registrant, told } = await death('I21');
    await world.client.call('res.partner', 'write', { ids: [registrant], vals: { [FIELD]: 'C34' } });
    const born = await death('I21');
    const outcomes = await world.deliver(told, { ...born.told, type: 'birth', date: '2020-01-01' });
    expect(outcomes).toMatchObject([{ outcome: 'processed' }, { outcome: 'processed' }]);
    expect(await causeOf('res.partner', registrant)).toBe('C34');
    expect(await causeOf('res.partner', born.registrant)).toBe(false);
  });

  it('changes nothing when it is delivered again, and nothing that a user corrected', async () => {
    putInForce(world, causeOfDeath);
    const { registrant, told } = await death('I21');
    const [first] = await world.deliver(told);
    const row = first?.kind === 'settled' ? (first.odooEventId ?? 0) : 0;
    await world.client.call(EVENT, 'write', { ids: [row], vals: { [FIELD]: 'C34' } });
    const [again] = await world.deliver({ ...told, odooEventId: row });
    expect(again).toMatchObject({ outcome: 'processed', odooEventId: row });
    // Set back by a user: the row is there, so that what is in it stays.
    await world.client.call(EVENT, 'write', { ids: [row], vals: { state: 'received' } });
    const before = await read(world.client, 'res.partner', [registrant], ['write_date', FIELD, 'disabled']);
    await world.deliver({ ...told, odooEventId: row });
    expect(await causeOf(EVENT, row)).toBe('C34');
    const after = await read(world.client, 'res.partner', [registrant], ['write_date', FIELD, 'disabled']);
    expect(after).toEqual(before);
  });
});
