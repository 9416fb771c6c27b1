import { beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';
import { accessOf, type TestBridge, testBridge } from './bridge.ts';
import { run } from './cli/run.ts';
import { DEATH, HEADER } from './http/support.ts';
import { temporaryDatabase } from './inbox/postgres-support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  return sandbox.close;
});

/** A bridge of a role on a shared inbox. */
const bridge = (inboxUrl: string, role: string) =>
  testBridge({
    access: accessOf(sandbox),
    env: { INBOX_URL: inboxUrl, ROLE: role, ALLOW_UNSIGNED: 'true' },
  });

it('lets a receiver take what a worker delivers, and report it to the sender', async () => {
  const inboxUrl = await temporaryDatabase();
  const receiver = await bridge(inboxUrl, 'receiver');
  const post = (to: TestBridge, messageId: string, headers = {}) =>
    to.send('/registry/notify', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ header: { ...HEADER, message_id: messageId }, message: DEATH }),
    });
  expect((await post(receiver, 'm-1')).status).toBe(202);
  // Nobody matches, but that is an outcome, too.
  const told = post(receiver, 'm-2', { prefer: 'wait=20' });
  const worker = await bridge(inboxUrl, 'worker');
  expect((await post(worker, 'm-3')).status).toBe(404);
  expect((await worker.send('/readyz')).status).toBe(200);
  expect((await told).status).toBe(200);
  // Commands look in while the bridges run.
  const { code, out } = await run(['events', 'list', '--json'], { INBOX_URL: inboxUrl });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject([{ outcome: 'error' }, { outcome: 'error' }]);
});
