import { bundle, MOTHER_ID, payload, RELEASES } from '../../connectors/opencrvs-v1/bundles.ts';
import { printTree, type Tree, treeOf } from '../oracle/tree.ts';
import type { Random } from '../random.ts';
import { PRIVATE } from '../world.ts';
import { changed, signedAt } from './documents.ts';
import type { Kind } from './kind.ts';

const PATH = '/opencrvs/webhook';
const SHAPES = Object.values(RELEASES);
const TOPICS = ['REGISTERED', 'CERTIFIED', 'CORRECTED'] as const;

/** A record as one of the releases sends it; whatever is personal in it can be known by {@link PRIVATE}. */
function record(random: Random, count: number): Tree {
  const type = random.of(['birth', 'death'] as const);
  const told = {
    type,
    date: random.of(['2025-02-20', '2025-02', '2025', '2025-02-20T10:00:00+03:00']),
    number: `${PRIVATE}-${count}`,
    nationalId: random.oneIn(2) ? `${PRIVATE}-N` : null,
  };
  const topic = `${type.toUpperCase()}_${random.of(TOPICS)}`;
  const text = JSON.stringify(payload(topic, bundle(told, random.of(SHAPES))));
  return treeOf(
    JSON.parse(
      text
        .replaceAll(MOTHER_ID, `${PRIVATE}-M`)
        .replaceAll('MOTHERS-OWN-BRN', `${PRIVATE}-B`)
        .replaceAll(/"(?:Ama|Owusu)"/g, `"${PRIVATE}"`),
    ),
  );
}

/** Webhooks of OpenCRVS 1.x with FHIR bundles, whole and changed. */
export const webhooks: Kind = (_world, random, count) => {
  const whole = random.oneIn(4);
  const tree = record(random, count);
  return signedAt(PATH, whole ? printTree(tree) : changed(tree, random), random, whole);
};
