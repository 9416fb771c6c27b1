import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadSettings } from '../../../src/config/load.ts';
import {
  DEATH,
  envelope,
  type Face,
  HEADER,
  NOW,
  openFace,
  SEARCH_ANSWER,
  SENDER_ID,
} from '../../http/support.ts';
import { settled, sharedInbox, temporaryFolder } from '../../inbox/support.ts';

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
});
const DAY = 86_400;
const FORMS = ['http', 'jws'] as const;

/** How many events the inbox has. */
const events = async () => (await face.inbox.list({})).length;

/** All events are settled, and all that was settled is forgotten. */
async function forget(): Promise<void> {
  const claimed = await face.inbox.claim(100, face.now);
  await face.inbox.settle(
    claimed.map(({ id }) => settled(id)),
    face.now,
  );
  await face.inbox.prune(face.now + 1);
}

describe.each(FORMS)('a copy of a message (%s)', (form) => {
  it('sent again is the same message', async () => {
    const body = await envelope(DEATH, { form });
    const answers = [await face.post('/registry/notify', body), await face.post('/registry/notify', body)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.json.message.correlation_id).toBe(answers[1]?.json.message.correlation_id);
    expect(await events()).toBe(1);
  });

  it('sent at the same time, on every route and in any spelling, is one', async () => {
    const body = await envelope(DEATH, { form });
    const spelled = JSON.stringify(JSON.parse(body), null, 2);
    const copies = ['/crvs', '/registry/notify', '/dci_api/v1/crvs'].flatMap((path) => [
      face.post(path, body),
      face.post(path, spelled),
    ]);
    expect((await Promise.all(copies)).map(({ status }) => status)).toEqual(Array(6).fill(202));
    expect(await events()).toBe(1);
  });

  it.each([
    ['message_id', 'another'],
    ['message_ts', '2025-11-24T16:00:01Z'],
    ['receiver_id', 'another'],
    ['action', 'on-search'],
    ['status', 'succ'],
    ['sender_id', 'crvs.keyless'],
  ])('with another %s is refused', async (name, value) => {
    const sent = JSON.parse(await envelope(DEATH, { form }));
    const changed = JSON.stringify({ ...sent, header: { ...sent.header, [name]: value } });
    for (const path of ['/crvs', '/registry/on-search']) {
      const { status, json } = await face.post(path, changed);
      expect([status, json.message.error.code]).toEqual([401, 'err.signature.invalid']);
    }
    expect(await events()).toBe(0);
  });

  it('whose signature is under another content is refused', async () => {
    const { signature } = JSON.parse(await envelope(DEATH, { form }));
    const other = JSON.parse(await envelope({ ...DEATH, event_date: '2024-12-02' }, { form }));
    expect((await face.post('/crvs', JSON.stringify({ ...other, signature }))).status).toBe(401);
  });

  it('cannot be spoiled by a copy on the other kind of route', async () => {
    const body = await envelope(DEATH, { form });
    expect((await face.post('/registry/on-search', body)).status).toBe(400);
    expect((await face.post('/crvs', body)).status).toBe(202);
    expect(await events()).toBe(1);
  });

  it('that answers a call is no notification', async () => {
    const answer = await envelope(SEARCH_ANSWER, { form, header: { ...HEADER, action: 'on-search' } });
    expect((await face.post('/registry/notify', answer)).status).toBe(400);
    expect((await face.post('/registry/on-search', answer)).status).toBe(202);
  });

  it('that was forgotten is refused, for its signature is no longer good', async () => {
    const body = await envelope(DEATH, { form });
    expect((await face.post('/crvs', body)).status).toBe(202);
    // From the first moment at which it can have been forgotten: retention is 90 days.
    face.now = (NOW + 90 * DAY) * 1000;
    await forget();
    expect(await events()).toBe(0);
    const { status, json } = await face.post('/crvs', body);
    expect([status, json.message.error.code]).toEqual([401, 'err.signature.invalid']);
  });
});

describe('a JWS, which names no end,', () => {
  const jws = (message_ts: string) => envelope(DEATH, { form: 'jws', header: { ...HEADER, message_ts } });
  const at = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();

  it.each([
    ['now', at(0), 202],
    ['as a day alone', '2025-11-24', 202],
    ['in another zone', '2025-11-25T06:00:00+14:00', 202],
    ['88 days ago', at(-88 * DAY), 202],
    ['89 days ago', at(-89 * DAY), 401],
    ['a year ago', '2024-11-24T16:00:00Z', 401],
    ['a day ahead', at(DAY), 202],
    ['more than a day ahead', at(DAY + 1), 401],
    ['in the far future', '9999-12-31T23:59:59Z', 401],
  ])('is taken or not, stamped %s', async (_what, stamp, status) => {
    const answer = await face.post('/crvs', await jws(stamp));
    expect(answer.status, answer.text).toBe(status);
  });

  it('is refused with the reason in the log', async () => {
    await face.post('/crvs', await jws('2024-11-24T16:00:00Z'));
    const entry = face.log.entries().find(({ msg }) => msg === 'a signature was refused');
    expect(entry).toMatchObject({ sender: SENDER_ID, reason: 'time.message_ts', failed: 'time' });
  });
});

describe('the memory of the inbox', () => {
  it('must outlive a signature', () => {
    const path = join(temporaryFolder(), 'config.yaml');
    for (const [days, window, taken] of [
      [2, 86_400, true],
      [1.9, 86_400, false],
      [30, 2_505_600, true],
      [30, 2_505_601, false],
    ] as const) {
      writeFileSync(path, `inbox:\n  retention_days: ${days}\nsignature:\n  max_window_seconds: ${window}\n`);
      if (taken) expect(loadSettings({}, path).inbox.retentionMs).toBe(days * 86_400_000);
      else expect(() => loadSettings({}, path)).toThrow(ConfigError);
    }
  });
});
