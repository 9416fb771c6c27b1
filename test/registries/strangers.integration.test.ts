import { expect, it } from 'vitest';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import { opencrvs2, opencrvsExpression } from '../../src/dci/client/dialect-opencrvs2.ts';
import { spdci } from '../../src/dci/client/dialect-spdci.ts';
import { DciClientError } from '../../src/dci/client/errors.ts';
import type { Answer } from '../../src/registries/answer.ts';
import { CrvsService } from '../../src/registries/crvs-service.ts';
import { DrService } from '../../src/registries/dr-service.ts';
import { IbrService } from '../../src/registries/ibr-service.ts';
import { DEFAULT_RULES } from '../../src/registries/look-up.ts';
import { clientOf, standIn } from './support.ts';

const TYPES = ['UIN', 'NID', 'NATIONAL_ID', 'BRN', 'DRN', 'MRN', 'PASSPORT', 'OPENCRVS_RECORD_ID', 'tax_id'];
const DIALECTS = [spdci, opencrvs, opencrvs2, opencrvsExpression('flat'), opencrvsExpression('nested')];
/** Queries in all. */
const QUERIES = 1000;

/** Numbers in [0, 1), the same in each run. */
function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Somebody whom every registry of the test gives: as dead, as a beneficiary, as a person with disability. */
function stranger(random: () => number): Record<string, unknown> {
  const number = () => `S-${Math.floor(random() * 1e9)}`;
  const identifiers = TYPES.filter(() => random() < 0.4).map((type) => ({
    ...(random() < 0.5 ? { identifier_type: type } : { name: type }),
    ...(random() < 0.5 ? { identifier_value: number() } : { identifier: number() }),
  }));
  return {
    [random() < 0.5 ? 'identifier' : 'identifiers']: identifiers,
    birth_date: '1990-01-01',
    [random() < 0.5 ? 'deathdate' : 'death_date']: '2024-12-01',
    death_place: 'x',
    programs: ['Grant'],
    disability_status: 'approved',
  };
}

it(`no one is believed to be the person asked for, of ${QUERIES} random queries to registries that give everybody`, async () => {
  const numbers = chance(20_261_128);
  const random = () => numbers.next().value;
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  // The person's own identifier in somebody else's record: as a parent, an informant, a spouse.
  let asked = { type: '', value: '' };
  const registry = await standIn({
    dialect: 'unchecked',
    respond: ({ header, message }) => {
      const records = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const own = { identifier_type: asked.type, identifier_value: asked.value };
        const role = pick(['relations', 'related_persons', 'mother', 'informant', 'parent1_identifier']);
        return random() < 0.5 ? stranger(random) : { ...stranger(random), [role]: [{ identifier: [own] }] };
      });
      void header;
      const { transaction_id } = message as { transaction_id: string };
      const item = { status: 'succ', data: { reg_records: records } };
      return {
        header: { status: 'succ', total_count: records.length },
        message: { transaction_id, search_response: [item] },
      };
    },
  });
  const counted: string[] = [];
  const rules = { ...DEFAULT_RULES, strangers: (code: string) => void counted.push(code) };
  const services = DIALECTS.map((dialect) => {
    const client = clientOf(registry, { dialect });
    const nobody = async () => [];
    return {
      crvs: new CrvsService(client, { rules }),
      ibr: new IbrService(client, nobody, rules),
      dr: new DrService(client, null as never, nobody, rules),
    };
  });
  const ended = { refused: 0, notKnown: 0, believed: 0 };
  for (let at = 0; at < QUERIES; at++) {
    asked = { type: pick(TYPES), value: `Q-${Math.floor(random() * 1e9)}` };
    const { type, value } = asked;
    const { crvs, ibr, dr } = pick(services);
    const question = pick<() => Promise<Answer>>([
      () => crvs.checkDeath(type, value),
      () => crvs.verifyBirth(type, value),
      () => ibr.searchBeneficiary(type, value),
      () => dr.getFunctionalAssessment(type, value),
    ]);
    const before = registry.received.length;
    try {
      ended[(await question()).kind === 'not_known' ? 'notKnown' : 'believed'] += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(DciClientError);
      expect((error as DciClientError).code).toBe('request.invalid');
      // Refused before anything was sent.
      expect(registry.received).toHaveLength(before);
      ended.refused += 1;
    }
  }
  expect(ended.believed).toBe(0);
  expect(ended.refused + ended.notKnown).toBe(QUERIES);
  expect(ended.notKnown).toBeGreaterThan(QUERIES / 4);
  expect(counted).toHaveLength(ended.notKnown);
});
