import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { read, searchRead } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const EVENTS = 500;
const TYPES = ['birth', 'death', 'marriage', 'divorce'] as const;
const FIRST = ['source_system', 'source_reference', 'collection_method'];
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

  it('is the sender and the message in every record of a batch, in as many calls as without', async () => {
    const { registrant, registryId } = await world.capabilities();
    const tracked = registrant.has('last_update_system') && registryId.has('source_system');
    expect(tracked).toBe(target.face === 'spmis');
    const numbers = await world.registrants(EVENTS);
    const told = numbers.map((nid, n) => {
      const type = TYPES[n % TYPES.length] ?? 'birth';
      const own = { type: 'UIN', value: nid };
      const brn = { type: 'BRN', value: world.unique('B') };
      return world.claimed({
        type,
        date: `2020-01-${String((n % 28) + 1).padStart(2, '0')}`,
        identifiers: type === 'birth' ? [own, brn] : [own],
      });
    });
    const calls: string[] = [];
    const outcomes = await new World(target, notingCalls(world.client, calls)).deliver(...told);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ outcome: 'processed' });
    expect(calls.filter((call) => /\.(write|web_save_multi|create)$/.test(call)).sort()).toEqual([
      'res.partner.web_save_multi',
      'spp.dci.crvs.event.create',
      'spp.dci.crvs.event.web_save_multi',
      'spp.dci.crvs.event.write',
      'spp.registry.id.create',
    ]);
    if (!tracked) return;
    const values = told.flatMap(({ identifiers }) => identifiers.map(({ value }) => value));
    const fields = ['value', 'partner_id', ...FIRST];
    const ids = await searchRead(world.client, 'spp.registry.id', [['value', 'in', values]], fields);
    const idOf = new Map(ids.map((row) => [row.value, row]));
    const holders = [...new Set(ids.map((row) => many2oneId(row.partner_id) ?? 0))];
    const people = await read(world.client, 'res.partner', holders, LAST);
    const personOf = new Map(people.map((row) => [row.id, row]));
    for (const { identifiers, messageId } of told) {
      const [own, brn] = identifiers.map(({ value }) => idOf.get(value));
      expect(personOf.get(many2oneId(own?.partner_id) ?? 0)).toMatchObject({
        last_update_system: 'crvs.test',
        last_update_reference: messageId,
      });
      if (identifiers.length < 2) continue;
      expect(brn).toMatchObject({
        source_system: 'crvs.test',
        source_reference: messageId,
        collection_method: 'api',
      });
    }
  });
});

/** A client that notes the names of its calls. */
function notingCalls(client: OdooClient, calls: string[]): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    call(model, method, ...rest) {
      calls.push(`${model}.${method}`);
      return client.call(model, method, ...rest);
    },
  };
}
