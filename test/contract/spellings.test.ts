import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkSpellings, readUnfoundSpellings } from '../../src/doctor/spellings.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import type { SpellingRule } from '../../src/openspp/spellings.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const RULE: SpellingRule = { strip: true, upper: true, digits: true, spellings: ['######-######'] };

/** `matching.normalise`: a number is one number, however it is written on either side. */
describe.each(TARGETS)('numbers written in several ways: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
  });
  beforeEach(() => {
    world = new World(target, target.bridge('jsonrpc'));
    world.matching = { ...world.matching, normalise: new Map([['NID', RULE]]) };
  });
  afterAll(() => target?.close());

  const number = () => world.unique('N').slice(2);
  const death = (value: string) =>
    world.claimed({ type: 'death', date: '2025-01-02', identifiers: [{ type: 'NID', value }] });
  const settle = async (value: string) => (await world.deliver(death(value)))[0];
  const written = (plain: string) => `${plain.slice(0, 6)}-${plain.slice(6)}`;

  it.each([
    ['with dashes in OpenSPP', written, (plain: string) => plain.toLowerCase()],
    ['with blanks in the message', (plain: string) => plain, (plain: string) => plain.split('').join(' ')],
    ['in small letters in OpenSPP', (plain: string) => plain.toLowerCase(), written],
    [
      'in Arabic-Indic digits in OpenSPP',
      (plain: string) => plain.replace(/\d/g, (one) => String.fromCodePoint(0x660 + Number(one))),
      written,
    ],
  ])('matches one %s', async (_what, stored, sent) => {
    const plain = number();
    const person = await world.registrant({ national_id: stored(plain) });
    const settled = await settle(sent(plain));
    expect(settled).toMatchObject({ kind: 'settled', outcome: 'processed' });
    const row = await world.eventRow(settled?.kind === 'settled' ? (settled.odooEventId ?? 0) : 0);
    expect(many2oneId(row.person_id)).toBe(person);
  });

  it('matches nobody in another spelling without the rule', async () => {
    world.matching = { ...world.matching, normalise: new Map() };
    const plain = number();
    await world.registrant({ national_id: plain });
    expect(await settle(written(plain))).toMatchObject({ outcome: 'error', reason: 'match.none' });
  });

  it('is an error where it leads to two people', async () => {
    const plain = number();
    await world.registrant({ national_id: plain });
    await world.registrant({ national_id: written(plain) });
    expect(await settle(plain)).toMatchObject({ outcome: 'error', reason: 'match.several' });
  });

  it('is no contradiction where the registrant has it in another spelling', async () => {
    const plain = number();
    const brn = world.unique('B');
    await world.registrant({ national_id: plain.split('').join('-'), birth_certificate: brn });
    const told = world.claimed({
      type: 'death',
      date: '2025-01-02',
      identifiers: [
        { type: 'NID', value: plain },
        { type: 'BRN', value: brn },
      ],
    });
    expect((await world.deliver(told))[0]).toMatchObject({ outcome: 'processed' });
  });

  it('is counted by doctor where it is written in a way that is not looked for', async () => {
    const { idTypes } = await world.capabilities();
    const count = async () => {
      const [reading] = await readUnfoundSpellings(world.client, idTypes, world.matching);
      return reading?.count.ok ? reading.count.value : null;
    };
    const before = (await count()) ?? Number.NaN;
    const plain = `A${number().slice(1)}`;
    await world.registrant({ national_id: plain });
    await world.registrant({ national_id: written(plain.toLowerCase()) });
    expect(await count()).toBe(before);
    await world.registrant({ national_id: plain.split('').join('-') });
    await world.registrant({ national_id: `a${plain}` });
    await world.registrant({ national_id: `१${plain.toUpperCase()}` });
    expect(await count()).toBe(before + 3);
    const readings = await readUnfoundSpellings(world.client, idTypes, world.matching);
    expect(checkSpellings(readings)).toMatchObject([
      { id: 'id-types.spellings.NID', state: 'warning', found: expect.stringContaining(`${before + 3} IDs`) },
    ]);
  });
});
