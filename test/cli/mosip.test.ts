import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LeaseBook } from '../../src/connectors/mosip/leases.ts';
import { sharedInbox, temporaryFolder } from '../inbox/support.ts';
import { closedUrl } from '../server.ts';
import { run } from './run.ts';

const TOPIC = 'partner/CREDENTIAL_ISSUED';
const NOW = Date.UTC(2026, 0, 5, 10);
const shared = sharedInbox();

function environment(more = ''): NodeJS.ProcessEnv {
  const file = join(temporaryFolder(), 'config.yaml');
  writeFileSync(file, `mosip: {topics: [${TOPIC}]${more}}\n`);
  return {
    INBOX_URL: `sqlite:${shared.path}`,
    CONFIG_FILE: file,
    MOSIP_SECRET: 'a-secret-that-the-hub-has-too',
  };
}

it('mosip subscriptions shows when each ends', async () => {
  const lines = async () =>
    (await run(['mosip', 'subscriptions'], environment())).out
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
  expect(await lines()).toEqual([
    ['topic', 'state', 'confirmed', 'ends'],
    [TOPIC, 'asked', '-', '-'],
  ]);
  await new LeaseBook(shared.inbox).confirmed(TOPIC, 864_000, NOW);
  expect((await lines())[1]).toEqual([
    TOPIC,
    'active',
    '2026-01-05T10:00:00.000Z',
    '2026-01-15T10:00:00.000Z',
  ]);
  const { out } = await run(['mosip', 'subscriptions', '--json'], environment());
  expect(JSON.parse(out)).toMatchObject([
    { topic: TOPIC, state: 'active', endsAt: '2026-01-15T10:00:00.000Z' },
  ]);
});

it('mosip subscribe says what is missing, and what the hub refused', async () => {
  const without = await run(['mosip', 'subscribe'], environment());
  expect([without.code, without.err]).toEqual([2, expect.stringContaining('mosip.hub_url')]);
  const hub = `, hub_url: "${await closedUrl()}", callback_url: "https://bridge.example/mosip/credentials"`;
  const other = await run(['mosip', 'subscribe', 'another'], environment(hub));
  expect([other.code, other.err]).toEqual([2, expect.stringContaining(TOPIC)]);
  const { code, out } = await run(['mosip', 'subscribe'], environment(hub));
  expect([code, out]).toEqual([1, expect.stringContaining(`${TOPIC}: `)]);
});
