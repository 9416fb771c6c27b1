import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { message, NOON, settled, sharedInbox, temporaryFolder, vitalEvent } from '../inbox/support.ts';
import { run } from './run.ts';

/** What only `show` may print. */
const UIN = '190283746551';
const BODY = '{"header": {}, "message": {"person": {"name": "Zebulon"}}}';

/** The inbox as the bridge has it open, while the command looks. */
const shared = sharedInbox();
const { path } = shared;
const env = { INBOX_URL: `sqlite:${path}` };
let inbox: Inbox;
beforeEach(() => {
  inbox = shared.inbox;
});

const events = (...args: string[]) => run(['events', ...args], env);

/** A death in error, a birth that was processed, a marriage that waits. */
async function three(): Promise<{ death: number; birth: number; marriage: number }> {
  const { events: made } = await inbox.accept(
    message({
      body: BODY,
      events: [
        vitalEvent({ type: 'death', date: '1990-01-01', identifiers: [{ type: 'UIN', value: UIN }] }),
        vitalEvent({ type: 'birth', date: '1991-01-01' }),
        vitalEvent({ type: 'marriage', date: null }),
      ],
    }),
  );
  const [death = 0, birth = 0, marriage = 0] = made.map(({ id }) => id);
  await inbox.claim(2, NOON);
  await inbox.settle(
    [
      settled(death, { outcome: 'error', errorMessage: 'No matching person found', odooEventId: 77 }),
      settled(birth),
    ],
    NOON + 250,
  );
  return { death, birth, marriage };
}

describe('events list', () => {
  it('prints a line an event, newest first, without personal data', async () => {
    const { death, birth, marriage } = await three();
    const { code, out, err } = await events('list');
    expect([code, err]).toEqual([0, '']);
    const [header, ...lines] = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(header).toEqual([
      'id',
      'type',
      'date',
      'state',
      'outcome',
      'reason',
      'odoo',
      'attempts',
      'received',
      'sender',
    ]);
    const received = '2024-06-15T12:00:00Z';
    expect(lines).toEqual([
      [String(marriage), 'marriage', '-', 'waiting', '-', '-', '-', '0', received, 'crvs.test'],
      [
        String(birth),
        'birth',
        '1991-01-01',
        'settled',
        'processed',
        '-',
        String(1000 + birth),
        '0',
        received,
        'crvs.test',
      ],
      [String(death), 'death', '1990-01-01', 'settled', 'error', '-', '77', '1', received, 'crvs.test'],
    ]);
    for (const secret of [UIN, 'Zebulon', 'No matching']) expect(out).not.toContain(secret);
  });

  it('filters, and goes page by page', async () => {
    const { death, birth, marriage } = await three();
    const ids = async (...args: string[]) => {
      const { code, out } = await events('list', '--json', ...args);
      expect(code).toBe(0);
      return JSON.parse(out).map(({ id }: { id: number }) => id);
    };
    expect(await ids('--reason', 'match.none')).toEqual([]);
    expect(await ids()).toEqual([marriage, birth, death]);
    expect(await ids('--state', 'settled')).toEqual([birth, death]);
    expect(await ids('--outcome', 'error')).toEqual([death]);
    expect(await ids('--type', 'marriage')).toEqual([marriage]);
    expect(await ids('--limit', '1')).toEqual([marriage]);
    expect(await ids('--limit', '1', '--before', String(marriage))).toEqual([birth]);
  });

  it('says where there is nothing', async () => {
    expect(await events('list')).toEqual({ code: 0, out: 'no events\n', err: '' });
    expect((await events('list', '--json')).out).toBe('[]\n');
  });
});

describe('events show', () => {
  it('prints the event whole', async () => {
    const { death } = await three();
    const { code, out, err } = await events('show', String(death));
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const line of [
      `id: ${death}`,
      'type: death',
      'date: 1990-01-01',
      'outcome: error',
      'odooEventId: 77',
      'errorMessage: No matching person found',
      'receivedAt: 2024-06-15T12:00:00.000Z',
      'settledAt: 2024-06-15T12:00:00.250Z',
      `identifier: UIN ${UIN}`,
      'attempt: 2024-06-15T12:00:00.000Z, 250 ms, error',
      BODY,
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.filter((line) => line.startsWith('dueAt') || line.includes('null'))).toEqual([]);
  });

  it('leaves a trace that `audit list` shows, without personal data', async () => {
    const { death } = await three();
    await events('show', String(death));
    await events('retry', String(death));
    const { code, out, err } = await run(['audit', 'list', '--event', String(death)], env);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      new RegExp(`command \\(.+\\) +- +retry +${death} [^]+command \\(.+\\) +- +show +${death} `),
    );
    const { out: json } = await run(['audit', 'list', '--json', '--limit', '1'], env);
    expect(JSON.parse(json)).toMatchObject([{ action: 'retry', eventId: death, address: null }]);
    for (const secret of [UIN, 'Zebulon', 'No matching']) expect(out + json).not.toContain(secret);
    for (const args of [[], ['show'], ['list', '--limit', 'x']]) {
      expect((await run(['audit', ...args], env)).code, args.join(' ')).toBe(2);
    }
  });

  it('shows an attempt that is under way', async () => {
    const { marriage } = await three();
    await inbox.claim(1, NOON);
    expect((await events('show', String(marriage))).out).toContain('not ended, under way');
  });

  it('prints JSON', async () => {
    const { death } = await three();
    const { out } = await events('show', String(death), '--json');
    const shown = await inbox.show(death);
    expect(JSON.parse(out)).toMatchObject({
      id: death,
      receivedAt: '2024-06-15T12:00:00.000Z',
      settledAt: '2024-06-15T12:00:00.250Z',
      dueAt: null,
      identifiers: shown?.identifiers,
      body: BODY,
      history: [{ startedAt: '2024-06-15T12:00:00.000Z', endedAt: '2024-06-15T12:00:00.250Z' }],
    });
  });

  it('ends with 1 where there is no such event', async () => {
    const { code, out, err } = await events('show', '999');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('no event');
  });
});

describe('events retry', () => {
  it('makes the events wait again', async () => {
    const { death, birth, marriage } = await three();
    expect(await events('retry', String(death), String(birth))).toMatchObject({
      code: 0,
      out: '2 to be delivered again\n',
    });
    expect((await inbox.claim(10, NOON)).map(({ id }) => id)).toEqual([death, birth, marriage]);
  });

  it('ends with 1 where not all of them could be', async () => {
    const { death, marriage } = await three();
    expect(await events('retry', String(death), String(marriage), '999')).toMatchObject({
      code: 1,
      out: `1 to be delivered again
event ${marriage}: it waits already and needs no retry
event 999: there is no event with this id
`,
    });
  });

  it('--all-errors takes all that ended in an error, however many', async () => {
    const { birth } = await three();
    await inbox.accept(message({ events: Array.from({ length: 1100 }, () => vitalEvent()) }));
    const claimed = await inbox.claim(2000, NOON);
    await inbox.settle(
      claimed.map(({ id }) => settled(id, { outcome: 'error' })),
      NOON,
    );
    expect((await inbox.counts()).error).toBe(1102);
    expect(await events('retry', '--all-errors')).toMatchObject({
      code: 0,
      out: '1102 to be delivered again\n',
    });
    expect(await inbox.counts()).toMatchObject({ error: 0, processed: 1, waiting: 1102 });
    expect(await inbox.show(birth)).toMatchObject({ state: 'settled' });
    expect(await events('retry', '--all-errors')).toMatchObject({
      code: 0,
      out: '0 to be delivered again\n',
    });
  });
});

describe('events', () => {
  it('finds the inbox by a configuration file, and by CONFIG_FILE', async () => {
    await three();
    const config = join(temporaryFolder(), 'config.yaml');
    writeFileSync(config, `inbox:\n  url: sqlite:${path}\n`);
    for (const [args, more] of [
      [['--config', config], {}],
      [[], { CONFIG_FILE: config }],
    ] as const) {
      const { code, out } = await run(['events', 'list', '--json', ...args], more);
      expect([code, JSON.parse(out).length]).toEqual([0, 3]);
    }
  });

  it.each([
    [[], 'Usage'],
    [['delete', '1'], 'Usage'],
    [['list', '1'], 'Usage'],
    [['show'], 'Usage'],
    [['show', '1', '2'], 'Usage'],
    [['show', 'one'], 'ID: expected a whole number'],
    [['show', '0'], 'ID: expected'],
    [['show', '-1'], 'ID: expected'],
    [['retry'], 'name the events, or --all'],
    [['retry', '1', '--all-errors'], 'name the events, or --all'],
    [['retry', '--all'], 'with at least one of --state'],
    [['retry', '1e3'], 'ID: expected'],
    [['list', '--state', 'done'], '--state: expected waiting, deferred, delivering, processed, error, dead'],
    [['list', '--outcome', 'ok'], '--outcome: expected processed, error'],
    [['list', '--type', 'adoption'], '--type: expected'],
    [['list', '--limit', 'ten'], '--limit: expected'],
    [['list', '--before', '0'], '--before: expected'],
    [['list', '--sort', 'id'], '--sort'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const { code, out, err } = await events(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  it('ends with 2 where the inbox cannot be opened', async () => {
    const { code, err } = await run(['events', 'list'], { INBOX_URL: `sqlite:${path}/below/inbox.db` });
    expect(code).toBe(2);
    expect(err).toMatch(/^the inbox cannot be used: /);
  });

  it('ends with 2 for a setting that cannot be used, by its name', async () => {
    const { code, err } = await run(['events', 'list'], { INBOX_URL: 'mysql://SECRET' });
    expect(code).toBe(2);
    expect(err).toContain('INBOX_URL');
    expect(err).not.toContain('SECRET');
  });
});
