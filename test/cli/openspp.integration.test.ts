import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type KnownOpenspp, readKnown } from '../../src/openspp/known-openspp.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { Screenings } from '../../src/screening/job.ts';
import { planOf } from '../../src/screening/service.ts';
import { message, NOON, settled, sharedInbox } from '../inbox/support.ts';
import { run } from './run.ts';

const shared = sharedInbox();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.close());

const openspp = async (...args: string[]) => {
  const { code, out, err } = await run(['openspp', ...args, '--json'], {
    INBOX_URL: `sqlite:${shared.path}`,
    ODOO_URL: sandbox.url,
    ODOO_DB: sandbox.db,
    ODOO_LOGIN: sandbox.bridge.login,
    ODOO_API_KEY: sandbox.bridge.apiKey ?? '',
  });
  return { code, err, json: JSON.parse(out) };
};
const FORMER: KnownOpenspp = {
  name: 'former at http://odoo',
  since: NOON,
  fingerprint: { 'res.company 1': '2001-01-01 00:00:00' },
};
const belongsTo = (known: KnownOpenspp) => shared.inbox.putDocument('openspp', JSON.stringify(known));

beforeEach(async () => {
  const known = await readKnown(shared.inbox);
  if (known) await shared.inbox.replaceDocument('openspp', known.text, null);
});

it('says that an inbox belongs to no OpenSPP yet, and leaves it so', async () => {
  expect(await openspp('show')).toMatchObject({ code: 0, json: { state: 'none', inbox: null } });
  expect(await openspp('accept', '--yes')).toMatchObject({ code: 0, json: { accepted: false } });
  expect(await readKnown(shared.inbox)).toBeNull();
});

it('names the former OpenSPP, and asks before it changes anything', async () => {
  await belongsTo(FORMER);
  expect(await openspp('show')).toMatchObject({
    code: 1,
    json: { state: 'other', inbox: { openspp: FORMER.name, since: '2024-06-15T12:00:00.000Z' } },
  });
  const { code, err, json } = await openspp('accept');
  expect([code, json.error.code]).toEqual([2, 'usage']);
  for (const said of [FORMER.name, 'All row ids', 'events retry', 'Stop the bridges'])
    expect(err).toContain(said);
  expect((await readKnown(shared.inbox))?.known).toEqual(FORMER);
});

it('forgets rows and screenings, and leaves a trace', async () => {
  await belongsTo(FORMER);
  const { events } = await shared.inbox.accept(message());
  await shared.inbox.claim(1, NOON);
  await shared.inbox.settle([settled(events[0]?.id ?? 0)], NOON);
  const screenings = new Screenings(shared.inbox);
  const plan = planOf({
    kind: 'deaths',
    population: { of: 'all' },
    source: 'crvs_main',
    fileEvents: false,
    maxAgeSeconds: null,
  });
  const { id } = await screenings.create(plan, { by: 'bridge', chunkSize: 10 }, NOON);
  await shared.inbox.putDocument(`screening-chunk ${id} 0`, '{"people":[7],"results":null,"pending":[]}');
  expect(await openspp('accept', '--yes')).toMatchObject({
    code: 0,
    json: { accepted: true, events: 1, screenings: 1 },
  });
  expect(await shared.inbox.show(events[0]?.id ?? 0)).toMatchObject({
    outcome: 'processed',
    odooEventId: null,
  });
  expect(await shared.inbox.listDocuments('screening')).toEqual(new Map());
  expect(await openspp('show')).toMatchObject({ code: 0, json: { state: 'same' } });
  const [trace] = await shared.inbox.auditTrail({});
  expect(trace).toMatchObject({
    action: 'openspp_accept',
    count: 1,
    actor: expect.stringContaining('command'),
  });
});

it('waits for what a bridge has in hand, and is finished by the next call', async () => {
  await belongsTo(FORMER);
  const { events } = await shared.inbox.accept(message());
  await shared.inbox.claim(1, NOON);
  expect(await openspp('accept', '--yes', '--wait', '1')).toMatchObject({
    code: 1,
    json: { error: { code: 'openspp.in_hand', message: expect.stringContaining('1 events in hand') } },
  });
  expect(await openspp('show')).toMatchObject({ code: 1, json: { state: 'moving' } });
  await shared.inbox.settle([settled(events[0]?.id ?? 0)], NOON);
  expect(await openspp('accept', '--yes')).toMatchObject({ code: 0, json: { events: 1 } });
  expect(await openspp('show')).toMatchObject({ code: 0, json: { state: 'same' } });
});

it('forgets the rows of an OpenSPP that was restored from an older backup where that is asked for', async () => {
  await belongsTo(FORMER);
  await openspp('accept', '--yes');
  const { events } = await shared.inbox.accept(message());
  await shared.inbox.claim(1, NOON);
  await shared.inbox.settle([settled(events[0]?.id ?? 0)], NOON);
  expect(await openspp('accept', '--yes')).toMatchObject({ code: 0, json: { accepted: false } });
  expect(await openspp('accept', '--yes', '--restored')).toMatchObject({
    json: { accepted: true, events: 1 },
  });
});
