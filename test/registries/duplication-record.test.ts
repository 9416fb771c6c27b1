import { expect, it } from 'vitest';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { notKnown } from '../../src/registries/answer.ts';
import { duplicationCheckOf, recordDuplication } from '../../src/registries/duplication-record.ts';
import type { DuplicationAnswer } from '../../src/registries/ibr-answers.ts';

const IDENTIFIERS = [
  { type: 'BRN', value: 'B-1' },
  { type: 'UIN', value: 'U-1' },
];
const checked = (...outcomes: ('yes' | 'no' | 'refused')[]) =>
  outcomes.map((outcome, at) => ({ type: IDENTIFIERS[at]?.type ?? '', found: 0, outcome }));

it.each<[string, DuplicationAnswer, object]>([
  [
    'a yes, by the identifier that led there',
    { kind: 'yes', matchedPrograms: ['Grant'], matches: [], checked: checked('no', 'yes') },
    { identifier: { type: 'UIN', value: 'U-1' }, outcome: { kind: 'confirmed_match', programs: ['Grant'] } },
  ],
  [
    'a no, by the first identifier',
    { kind: 'no', checked: checked('no', 'no') },
    { identifier: { type: 'BRN', value: 'B-1' }, outcome: { kind: 'no_match' } },
  ],
  [
    'not known, with its reason',
    { ...notKnown('refused', 'the registry refuses'), checked: checked('refused', 'no') },
    {
      outcome: {
        kind: 'failed',
        sentence: expect.stringMatching(/^Not checked: the registry refused.*\(the registry refuses\)$/),
      },
    },
  ],
])('writes %s', (_what, answer, check) => {
  expect(duplicationCheckOf(7, IDENTIFIERS, answer, 'ibr_main', 1000)).toMatchObject({
    partnerId: 7,
    checkedAt: 1000,
    source: 'ibr_main',
    ...check,
  });
});

it('says why a check failed in the language of the user', () => {
  const answer = { ...notKnown('unavailable', 'registry.timeout'), checked: checked('refused') };
  expect(duplicationCheckOf(7, IDENTIFIERS, answer, 'ibr_main', 1000, 'fr_FR')?.outcome).toMatchObject({
    sentence: expect.stringContaining('le registre n’a pas pu être joint'),
  });
});

it('writes nothing of a registrant without an identifier', () => {
  const answer = { ...notKnown('not_askable', 'there is none'), checked: [] };
  expect(duplicationCheckOf(7, [], answer, 'ibr_main', 1000)).toBe(null);
});

it.each<[OdooErrorCode, string]>([
  ['odoo.unknown_model', 'absent'],
  ['odoo.refused', 'refused'],
  ['odoo.timeout', 'unavailable'],
])('says what Odoo did: %s', async (code, state) => {
  const odoo = {
    protocol: 'json2' as const,
    uid: async () => 5,
    call: async (model: string) => {
      if (model === 'spp.dci.data.source') return [];
      if (model === 'res.users') return [{ id: 5, lang: 'en_US' }];
      throw new OdooError(code, { protocol: 'json2', model });
    },
  };
  const check = {
    partnerId: 7,
    identifier: { type: 'UIN', value: 'U-1' },
    outcome: { kind: 'no_match' } as const,
    checkedAt: 1000,
    source: 'ibr_main',
  };
  expect(await recordDuplication(odoo, () => check)).toEqual({ state, id: null });
});
