import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read, searchRead } from '../../src/odoo/orm.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const FIELDS = ['source_system', 'source_reference', 'collection_method'];
const LAST = ['last_update_system', 'last_update_reference'];

/** Whose data it is, where OpenSPP's source tracking is installed; elsewhere there is nothing to say it in. */
describe.each(TARGETS)('provenance: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  it('is the sender and the message in every record of a batch', async () => {
    const { registrant, registryId } = await world.capabilities();
    const tracked = registrant.has('last_update_system') && registryId.has('source_system');
    expect(tracked).toBe(target.face === 'spmis');
    const people = await Promise.all(
      ['birth', 'death', 'marriage', 'divorce'].flatMap((type) =>
        [1, 2].map(async () => {
          const nid = world.unique('N');
          return { type, nid, id: await world.registrant({ national_id: nid }), brn: world.unique('B') };
        }),
      ),
    );
    const told = people.map(({ type, nid, brn }, n) =>
      world.claimed({
        type: type as 'birth',
        date: `2020-01-0${n + 1}`,
        identifiers: [
          { type: 'UIN', value: nid },
          ...(type === 'birth' ? [{ type: 'BRN', value: brn }] : []),
        ],
      }),
    );
    for (const outcome of await world.deliver(...told))
      expect(outcome).toMatchObject({ outcome: 'processed' });
    if (!tracked) return;
    for (const [n, { id, type, brn }] of people.entries()) {
      const by = { last_update_system: 'crvs.test', last_update_reference: told[n]?.messageId };
      expect((await read(world.client, 'res.partner', [id], LAST))[0]).toMatchObject(by);
      const numbers = await searchRead(
        world.client,
        'spp.registry.id',
        [
          ['partner_id', '=', id],
          ['value', '=', brn],
        ],
        [...FIELDS, ...LAST],
      );
      if (type !== 'birth') continue;
      expect(numbers).toMatchObject([
        {
          source_system: 'crvs.test',
          source_reference: told[n]?.messageId,
          collection_method: 'api',
        },
      ]);
    }
  });
});
