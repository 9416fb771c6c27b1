import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Hono } from 'hono';
import pino from 'pino';
import { VITAL_EVENT_TYPES } from '../src/events/vital-event.ts';
import type { AppEnv } from '../src/http/app-env.ts';
import { clientsBehind } from '../src/http/client.ts';
import { SORT_COLUMNS } from '../src/inbox/event-records.ts';
import type { Inbox, NewMessage, Settlement } from '../src/inbox/inbox.ts';
import { openInbox } from '../src/inbox/open.ts';
import { addPage } from '../src/page/page.ts';
import { COMMON_FLAGS, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { writeReport } from './lib/report.ts';
import { runBenchmark, temporaryFolder } from './lib/run.ts';
import { median } from './lib/statistics.ts';
import { figure, goalLine, table } from './lib/table.ts';

const ABOUT = `
How long the operator's pages take with an inbox of 100,000 events, on the server's clock: from the request to the whole
answer, without the network. The events are of the four types, from eleven senders, over the last day; most of them are
processed, some in error, deferred, set aside or waiting. Each figure is of a page that nobody asked for a moment ago.`;

const FLAGS = {
  events: { kind: 'count', default: 100_000, maximum: 10_000_000, help: 'events in the inbox' },
  postgres: {
    kind: 'text',
    placeholder: 'URL',
    help: 'an empty PostgreSQL database for the inbox, in place of an SQLite file',
  },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put' },
  ...COMMON_FLAGS,
  rounds: { kind: 'count', default: 11, maximum: 1000, help: 'times that each page is asked for' },
} as const;

/** Megabytes that the second half of a download may take more than the first. */
const CSV_GROWTH_MB = 20;
const TOKEN = 'a token of more than thirty-two characters';
const DAY_MS = 86_400_000;
const BATCH = 500;

const PAGES: readonly { name: string; path: string; goalMs: number }[] = [
  { name: 'first paint', path: '/', goalMs: 300 },
  { name: 'events, newest', path: '/events', goalMs: 200 },
  { name: 'in error', path: '/events?state=error', goalMs: 200 },
  { name: 'by reason', path: '/events?reason=match.none', goalMs: 200 },
  { name: 'by reason and sender', path: '/events?state=error&reason=match.none&sender=crvs.0', goalMs: 200 },
  { name: 'oldest first', path: '/events?state=processed&order=oldest', goalMs: 200 },
  { name: 'by type and state', path: '/events?type=divorce&state=dead', goalMs: 200 },
  { name: 'by a state that none is in', path: '/events?state=delivering', goalMs: 200 },
  { name: 'by a rare sender', path: '/events?sender=crvs.rare', goalMs: 200 },
  { name: 'by an unknown sender', path: '/events?sender=nobody', goalMs: 200 },
  { name: 'by day', path: '/events?from=2020-01-01&to=2020-01-31', goalMs: 200 },
  { name: 'all at once', path: '/events?type=birth&state=error&sender=crvs.3&from=2024-01-01', goalMs: 200 },
  { name: 'a sender, and a type that it never sends', path: '/events?sender=crvs.0&type=death', goalMs: 200 },
  {
    name: 'processed, of an unknown sender',
    path: '/events?state=processed&sender=nobody&order=oldest',
    goalMs: 200,
  },
  {
    name: 'a reason that nobody has, of a day',
    path: '/events?reason=match.several&type=birth&from=2024-01-01',
    goalMs: 200,
  },
  { name: 'changed by an action that changed none', path: '/events?audit=999999', goalMs: 200 },
  { name: 'the last page', path: '/events?before=60', goalMs: 200 },
  ...SORT_COLUMNS.flatMap((by) => [
    { name: `sorted by ${by}`, path: `/events?sort=${by}`, goalMs: 200 },
    {
      name: `sorted by ${by}, downwards, from an event on`,
      path: `/events?sort=-${by}&after=77`,
      goalMs: 200,
    },
  ]),
  {
    name: 'sorted by time taken, of a sender',
    path: '/events?sort=-took&sender=crvs.3&state=processed',
    goalMs: 200,
  },
  {
    name: 'sorted by sender, of a rare reason',
    path: '/events?sort=sender&reason=event.poison',
    goalMs: 200,
  },
  { name: 'one event', path: '/events/50?state=error', goalMs: 200 },
  { name: 'one event of a sorted list', path: '/events/50?state=error&sort=sender', goalMs: 200 },
  { name: 'refusals', path: '/refusals', goalMs: 300 },
  { name: 'senders', path: '/senders', goalMs: 300 },
];

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:page --', ABOUT, FLAGS);
  if (!flags) return 0;
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const inbox = await openInbox(flags.postgres ?? `sqlite:${join(folder, 'inbox.db')}`, { exclusive: true });
  const place = { now: Date.now() };
  const filled = performance.now();
  const identifier = await fill(inbox, flags.events, place.now);
  print(`${figure(flags.events, 0)} events in ${figure((performance.now() - filled) / 1000)} s`);
  const ask = await visitor(inbox, place);
  const results: { name: string; goalMs: number; medianMs: number; slowestMs: number }[] = [];
  const measure = async (name: string, goalMs: number, work: () => Promise<number>) => {
    progress(name);
    const times: number[] = [];
    for (let round = 0; round < flags.rounds; round += 1) {
      // What is kept for a moment is forgotten by then.
      place.now += 120_000;
      times.push(await work());
    }
    results.push({ name, goalMs, medianMs: median(times), slowestMs: Math.max(...times) });
  };
  for (const { name, path, goalMs } of PAGES) await measure(name, goalMs, () => ask.get(path));
  await measure('search by an identifier', 200, () => ask.search(identifier));
  await measure('search without a result', 200, () => ask.search('nobody has this'));
  print(
    `\n${table(
      ['page', 'median ms', 'slowest ms', 'goal ms'],
      results.map(({ name, medianMs, slowestMs, goalMs }) => [
        name,
        figure(medianMs),
        figure(slowestMs),
        String(goalMs),
      ]),
    )}\n`,
  );
  const [first, ...others] = results;
  print(goalLine('first paint, slowest ms', first?.slowestMs ?? Number.NaN, { atMost: 300 }));
  const filters = others.filter(({ goalMs }) => goalMs === 200).map(({ slowestMs }) => slowestMs);
  print(goalLine('filters, slowest ms', Math.max(...filters), { atMost: 200 }));
  const downloads = [];
  for (const [name, path] of [
    ['CSV', '/events.csv'],
    ['CSV, sorted', '/events.csv?sort=sender'],
  ] as const) {
    const csv = await measureCsv(flags.events, () => ask.download(path));
    downloads.push({ name, ...csv });
    print(
      `${name}, ${figure(csv.lines - 1, 0)} events: ${figure(csv.megabytes)} MB in ${figure(csv.seconds)} s, ${figure(csv.grownMegabytes)} MB more memory in its second half`,
    );
    print(
      goalLine(`${name}, more memory in its second half, MB`, csv.grownMegabytes, { atMost: CSV_GROWTH_MB }),
    );
  }
  await inbox.close();
  await writeReport(flags.json, {
    benchmark: 'page',
    machine,
    flags: { ...flags, postgres: flags.postgres !== null },
    results: [...results, ...downloads],
  });
  return 0;
});

/**
 * Reads a download to its end, as slowly as it comes. A stream takes no more memory for its second half than for its
 * first; a list that is put together first does.
 */
async function measureCsv(events: number, download: () => Promise<ReadableStream<Uint8Array>>) {
  const start = performance.now();
  let [bytes, lines, firstHalf, secondHalf] = [0, 0, 0, 0];
  for await (const chunk of await download()) {
    bytes += chunk.byteLength;
    for (const byte of chunk) if (byte === 10) lines += 1;
    const held = process.memoryUsage.rss();
    if (lines < events / 2) firstHalf = Math.max(firstHalf, held);
    else secondHalf = Math.max(secondHalf, held);
  }
  return {
    lines,
    megabytes: bytes / 1e6,
    seconds: (performance.now() - start) / 1000,
    grownMegabytes: Math.max(0, secondHalf - firstHalf) / 1e6,
  };
}

/** @returns an identifier of one of the events */
async function fill(inbox: Inbox, count: number, now: number): Promise<string> {
  for (let made = 0; made < count; ) {
    const messages = Array.from({ length: Math.min(BATCH, count - made) }, (_, at) =>
      message(made + at, count, now),
    );
    await Promise.all(messages.map((one) => inbox.accept(one)));
    made += messages.length;
    const claimed = await inbox.claim(BATCH, now);
    await inbox.settle(
      claimed.map(({ id, receivedAt }) => outcomeOf(id, receivedAt + 2000)),
      now - (count - made),
    );
    progress('filling the inbox', { done: made, total: count });
  }
  return 'ID-7';
}

function message(at: number, count: number, now: number): NewMessage {
  const type = VITAL_EVENT_TYPES[at % VITAL_EVENT_TYPES.length] ?? 'birth';
  const identifiers = [
    { type: 'UIN', value: `ID-${at}` },
    { type: 'BRN', value: `B-${at}` },
  ];
  return {
    senderId: at % 10_000 === 17 ? 'crvs.rare' : `crvs.${at % 10}`,
    messageId: randomUUID(),
    contentDigest: `digest ${at}`,
    action: 'notify',
    dialect: 'openspp',
    kid: 'crvs|key-1|ed25519',
    receivedAt: Math.floor(now - DAY_MS + (at / count) * DAY_MS),
    body: JSON.stringify({ header: { message_id: at }, message: { identifiers, text: 'x'.repeat(700) } }),
    events: [{ type, date: '2024-06-01', identifiers }],
  };
}

function outcomeOf(id: number, dueAt: number): Settlement {
  if (id % 400 === 0) return { kind: 'dead', id, reason: 'event.poison' };
  if (id % 401 === 0) return { kind: 'released', id, dueAt: dueAt + DAY_MS, reason: 'event.future_date' };
  return {
    kind: 'settled',
    id,
    outcome: id % 50 === 0 ? 'error' : 'processed',
    odooEventId: id,
    errorMessage: id % 50 === 0 ? 'No matching person found in registry' : null,
    reason: id % 50 !== 0 ? null : id % 100 === 0 ? 'match.none' : 'match.archived',
    notes: null,
  };
}

/** Somebody who is signed in; gives milliseconds. */
async function visitor(inbox: Inbox, place: { now: number }) {
  const app = new Hono<AppEnv>();
  addPage(
    app,
    {
      adminToken: TOKEN,
      sessionMs: 300 * DAY_MS,
      timeZone: 'UTC',
      odooUrl: null,
      receiver: false,
      allowUnsigned: false,
    },
    {
      inbox,
      senders: { list: () => [], size: 0 },
      sources: { list: async () => [] },
      clients: clientsBehind([]),
      nameOf: (id) => id,
      adoptedFrom: '',
      odooHealth: () => ({
        reachable: true,
        error: null,
        lastAnswerAt: place.now,
        waitsUntil: null,
        breaker: 'closed',
      }),
      latency: () => null,
      apiKeyEnd: () => null,
      senderCount: () => 11,
      clock: () => place.now,
      log: pino({ level: 'silent' }),
    },
  );
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  const signedIn = await app.request('/sign-in', form({ token: TOKEN }));
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const first = await (await app.request('/', { headers: { cookie } })).text();
  const token = /name="form_token" value="([^"]+)"/.exec(first)?.[1] ?? '';
  const timed = async (path: string, init: RequestInit) => {
    const start = performance.now();
    const answer = await app.request(path, init);
    await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return performance.now() - start;
  };
  return {
    get: (path: string) => timed(path, { headers: { cookie } }),
    async download(path: string) {
      const { body, status } = await app.request(path, { headers: { cookie } });
      if (status !== 200 || body === null) throw new Error(`${path} answered ${status}`);
      return body;
    },
    search: (text: string) => timed('/events/search', form({ text, form_token: token }, { cookie })),
  };
}
