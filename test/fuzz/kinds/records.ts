import { DATES, DATES_IN_ZONE, IDENTIFIERS, STATUSES, TYPES } from '../../readings/cases.ts';
import { Obj, readTree } from '../oracle/tree.ts';
import type { Random } from '../random.ts';
import { bodyOf } from '../sign.ts';
import { honestSignature, input, type Kind, seedFor } from './kind.ts';

/** Of another type than a member should have, or empty, long or deep. */
const ODD: readonly unknown[] = [
  ...[0, -1, 1.5, 1e21, true, false, null, '', ' ', 'é\u0000', 'x'.repeat(3000)],
  ...[
    [],
    [[]],
    [null],
    ['2024-12-01', null],
    {},
    { value: null },
    { value: { value: 'birth' } },
    [{ a: [{}] }],
  ],
];

/** What registries really send, and values that nobody should. */
function value(cases: readonly { sent: unknown }[], random: Random): unknown {
  if (random.oneIn(6)) return random.of(ODD);
  return random.of(cases).sent;
}

function oddRecord(random: Random): unknown {
  if (random.oneIn(10)) return random.of(ODD);
  const dated = random.of(['birth_date', 'death_date', 'deathdate', 'marriagedate', 'marriage_date']);
  const identifier = { identifier_type: 'UIN', identifier_value: value(IDENTIFIERS.cases, random) };
  const related = random.of(['related_persons', 'relations', 'related_person']);
  return {
    identifier: random.oneIn(3) ? identifier : [identifier],
    [dated]: value([...DATES.cases, ...DATES_IN_ZONE.cases], random),
    ...(random.oneIn(3) ? { status: value(STATUSES.cases, random) } : {}),
    ...(random.oneIn(6) ? { [random.of(['cancelled', 'revoked_at', 'is_void'])]: random.of(ODD) } : {}),
    ...(random.oneIn(3) ? { [related]: random.oneIn(2) ? [oddRecord(random)] : oddRecord(random) } : {}),
  };
}

/**
 * Signed notifications of several records in the shapes that registries send. Where one of the records is plainly good,
 * the message must be taken, whatever the others are.
 */
export const oddRecords: Kind = (world, random, count) => {
  const signer = random.of(world.signers);
  const records = Array.from({ length: 1 + random.int(4) }, () => oddRecord(random));
  const items = [{ data: { reg_event_type: value(TYPES.cases, random), reg_records: records } }];
  const hasGood = random.oneIn(2);
  if (hasGood) {
    const good = {
      identifier: [{ identifier_type: 'UIN', identifier_value: `u-${count}` }],
      death_date: '2024-12-01',
    };
    items.push({
      data: { reg_event_type: 'Death', reg_records: [oddRecord(random), good, oddRecord(random)] },
    });
  }
  const message = readTree(JSON.stringify({ transaction_id: `t-${count}`, notify_event: items }));
  if (!(message instanceof Obj)) throw new TypeError('a message is an object');
  const { header } = seedFor(signer, random, count);
  const seed = { header: header.with('action', 'notify').with('is_msg_encrypted', false), message };
  return {
    ...input(bodyOf(honestSignature(signer, seed, random), seed), hasGood),
    path: '/registry/notify',
  };
};
