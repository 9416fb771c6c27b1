import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { accessOf, type BridgeOverrides, type TestBridge, testBridge } from '../bridge.ts';
import { HEADER } from '../http/support.ts';
import { temporaryDatabase } from '../inbox/postgres-support.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { type Seeding, seeding } from '../sandbox/seeding.ts';
import { run } from './run.ts';

const EVENT = 'spp.dci.crvs.event';

/** An OpenSPP that was installed at another moment than the others, with one registrant. */
async function openspp(installedOn: string, nid: string): Promise<Sandbox & Seeding & { person: number }> {
  const installed = Date.parse(installedOn);
  const started = Date.now();
  const sandbox = await startSandbox({ clock: () => installed + Date.now() - started });
  onTestFinished(() => sandbox.close());
  const filled = { ...sandbox, ...seeding(sandbox) };
  const [person = 0] = filled.people({ national_id: nid });
  return { ...filled, person };
}

const urls = {
  SQLite: async () => `sqlite:${join(temporaryFolder(), 'inbox.db')}`,
  PostgreSQL: temporaryDatabase,
};

/** A bridge at an OpenSPP, on an inbox that others had before. */
const bridgeAt = (sandbox: Sandbox, inboxUrl: string, over: BridgeOverrides = {}) =>
  testBridge({
    access: accessOf(sandbox),
    ...over,
    env: { INBOX_URL: inboxUrl, ALLOW_UNSIGNED: 'true', ...over.env },
    file: { delivery: { poll_seconds: 0.05 } },
  });

let last = 0;
async function tell(bridge: TestBridge, nid: string): Promise<void> {
  last += 1;
  const { status } = await bridge.send('/crvs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      header: { ...HEADER, message_id: `other-${last}` },
      message: {
        event_type: 'BIRTH',
        event_date: '2001-01-01',
        identifiers: [{ type: 'national_id', value: nid }],
      },
    }),
  });
  expect(status).toBe(202);
}

const eventsOf = async (bridge: TestBridge) =>
  (await bridge.api('events')).json.events as { id: number; state: string; outcome: string | null }[];
const newest = async (bridge: TestBridge) => (await eventsOf(bridge))[0];
const processed = (bridge: TestBridge) =>
  vi.waitFor(
    async () =>
      expect(await newest(bridge)).toMatchObject({ outcome: 'processed', odooEventId: expect.any(Number) }),
    PATIENCE,
  );
const readyz = async (bridge: TestBridge) => {
  const { status, json } = await bridge.send('/readyz');
  return { status, problems: json.problems };
};
const isOther = (bridge: TestBridge) =>
  vi.waitFor(
    async () => expect(await readyz(bridge)).toEqual({ status: 503, problems: ['openspp.other'] }),
    PATIENCE,
  );

describe.each(Object.entries(urls))('an inbox in %s that is moved to another OpenSPP', (_engine, open) => {
  it('writes nothing there until an operator accepts it, and then nothing by a former row’s id', async () => {
    const inboxUrl = await open();
    const former = await openspp('2025-01-02T03:04:05Z', 'N-1');
    const first = await bridgeAt(former, inboxUrl);
    await tell(first, 'N-1');
    await processed(first);
    expect(await readyz(first)).toEqual({ status: 200, problems: [] });
    await first.stop();

    const other = await openspp('2025-06-07T08:09:10Z', 'N-2');
    const rowsBefore = other.rows(EVENT, ['name']);
    const moved = await bridgeAt(other, inboxUrl);
    await isOther(moved);
    await tell(moved, 'N-2');
    await vi.waitFor(async () => {
      const [event] = await eventsOf(moved);
      expect(event).toMatchObject({ state: 'waiting' });
      expect(moved.logged()).toContain('openspp.other');
    }, PATIENCE);
    expect(other.rows(EVENT, ['name'])).toEqual(rowsBefore);
    const said = moved.entries().filter(({ code, level }) => code === 'openspp.other' && level === 'error');
    expect(said).toHaveLength(1);
    const metrics = await moved.send('/metrics', {
      headers: { authorization: `Bearer ${moved.env.ADMIN_TOKEN}` },
    });
    expect(metrics.text).toMatch(/^crvs_bridge_openspp_other 1$/m);

    const shown = await run(['openspp', 'show', '--json'], moved.env);
    expect([shown.code, JSON.parse(shown.out)]).toMatchObject([1, { state: 'other' }]);
    const doctor = await run(['doctor', '--json'], moved.env);
    const { checks } = JSON.parse(doctor.out);
    expect(checks).toContainEqual(expect.objectContaining({ id: 'inbox.openspp', state: 'problem' }));
    // This is no terminal, so the command wants a plain yes.
    expect((await run(['openspp', 'accept'], moved.env)).code).toBe(2);
    expect((await run(['openspp', 'accept', '--yes'], moved.env)).code).toBe(0);

    await processed(moved);
    await vi.waitFor(
      async () => expect(await readyz(moved)).toEqual({ status: 200, problems: [] }),
      PATIENCE,
    );
    const partner = (id: number) =>
      other.rows<{ id: number; birthdate: unknown }>('res.partner', ['birthdate'], [['id', '=', id]])[0];
    expect(partner(other.person)).toMatchObject({ birthdate: '2001-01-01' });
    const [second, earlier] = (await moved.api('events')).json.events;
    expect([second.odooEventId, earlier.odooEventId]).toEqual([expect.any(Number), null]);
    const trail = JSON.parse((await run(['audit', 'list', '--json'], moved.env)).out);
    expect(trail[0]).toMatchObject({ action: 'openspp_accept', count: 1 });
    expect((await run(['openspp', 'show'], moved.env)).code).toBe(0);
    const again = await run(['openspp', 'accept', '--json'], moved.env);
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { accepted: false, state: 'same' }]);
  });

  it('continues with a copy of its own OpenSPP, and with more companies', async () => {
    const inboxUrl = await open();
    const own = await openspp('2025-01-02T03:04:05Z', 'N-1');
    const first = await bridgeAt(own, inboxUrl);
    await tell(first, 'N-1');
    await processed(first);
    await first.stop();
    own.create('res.company', { name: 'Another ministry' });
    own.asAdmin('res.company', 'write', { ids: [1], vals: { name: 'Renamed' } });
    const second = await bridgeAt(own, inboxUrl);
    await tell(second, 'N-1');
    await vi.waitFor(async () => expect(await newest(second)).toMatchObject({ state: 'settled' }), PATIENCE);
    expect(await readyz(second)).toEqual({ status: 200, problems: [] });
  });
});

it('shows in every receiver what one of them sees, also where it reaches no OpenSPP itself', async () => {
  const inboxUrl = await temporaryDatabase();
  const former = await openspp('2025-01-02T03:04:05Z', 'N-1');
  const worker = await bridgeAt(former, inboxUrl, { env: { ROLE: 'worker' } });
  await vi.waitFor(
    async () =>
      expect(JSON.parse((await run(['openspp', 'show', '--json'], worker.env)).out).state).toBe('same'),
    PATIENCE,
  );
  await worker.stop();
  const other = await openspp('2025-06-07T08:09:10Z', 'N-2');
  const blind = await testBridge({
    access: { ...accessOf(other), url: 'http://127.0.0.1:9' },
    env: { INBOX_URL: inboxUrl, ALLOW_UNSIGNED: 'true', ROLE: 'receiver' },
  });
  expect(await readyz(blind)).toMatchObject({ status: 200 });
  // A receiver whose own OpenSPP is another one needs no worker to see it.
  await isOther(await bridgeAt(other, inboxUrl, { env: { ROLE: 'receiver' } }));
  await isOther(blind);
});
