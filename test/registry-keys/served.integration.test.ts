import { CompactSign } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Credentials } from '../../src/sandbox/accounts.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { testBridge } from '../bridge.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { keptLog } from '../senders/support.ts';
import { type KeyServer, keyServer, type Pair, pair } from './support.ts';

const SENDER = 'crvs.rotating';
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.close());

let nth = 0;
async function envelope({ privateKey, jwk }: Pair): Promise<string> {
  nth += 1;
  const header = {
    version: '1.0.0',
    message_id: `m-${nth}`,
    message_ts: new Date().toISOString(),
    action: 'notify',
    sender_id: SENDER,
  };
  const message = { transaction_id: 't', notify_event: [{ data: { reg_records: [] } }] };
  const signature = await new CompactSign(Buffer.from(JSON.stringify({ header, message })))
    .setProtectedHeader({ alg: String(jwk.alg), kid: String(jwk.kid) })
    .sign(privateKey);
  return JSON.stringify({ signature, header, message });
}

function register(server: KeyServer): () => Record<string, unknown> | undefined {
  const model = 'spp.dci.crvs.sender';
  const values = { name: SENDER, sender_id: SENDER, jwks_url: server.url };
  sandbox.execute('admin', model, 'create', { vals_list: [values] });
  return () => {
    const domain = [['sender_id', '=', SENDER]];
    const fields = ['public_key', 'algorithm', 'last_key_fetch'];
    return (
      sandbox.execute('admin', model, 'search_read', { domain, fields }) as Record<string, unknown>[]
    )[0];
  };
}

/** Starts a bridge, posts what is signed by the key, and stops it. */
async function answers(inbox: string, user: Credentials, log = keptLog()) {
  const bridge = await testBridge({
    access: { url: sandbox.url, db: sandbox.db, ...user },
    env: { INBOX_URL: `sqlite:${inbox}` },
    file: { jwks: { allow_http: true, allow_private_addresses: true } },
    log,
  });
  const post = async (key: Pair) =>
    (await bridge.send('/registry/notify', { method: 'POST', body: await envelope(key) })).status;
  return { post, stop: bridge.stop };
}

it('a bridge verifies by fetched keys, stores one in OpenSPP where it may, and does without the registry', async () => {
  const first = pair('first', 'RS256');
  const second = pair('second', 'RS256');
  const server = await keyServer(first.jwk);
  const row = register(server);
  const inbox = `${temporaryFolder()}/inbox.db`;
  const log = keptLog();

  const asBridge = await answers(inbox, sandbox.bridge, log);
  expect(await asBridge.post(first)).toBe(202);
  server.keys = [second.jwk];
  expect(await asBridge.post(second)).toBe(202);
  expect(await asBridge.post(first)).toBe(202);
  await asBridge.stop();
  expect(row()).toMatchObject({ public_key: false, last_key_fetch: false });

  const asAdmin = await answers(inbox, sandbox.admin, log);
  await expect
    .poll(row, PATIENCE)
    .toMatchObject({ public_key: expect.stringContaining('PUBLIC KEY'), algorithm: 'rs256' });
  await asAdmin.stop();

  server.answer = (_request, response) => response.destroy();
  const withoutRegistry = await answers(inbox, sandbox.bridge, log);
  expect(await withoutRegistry.post(second)).toBe(202);
  expect(await withoutRegistry.post(pair('third', 'RS256'))).toBe(503);
  await withoutRegistry.stop();
  expect(log.entries().filter(({ level }) => level === 'error')).toEqual([]);
});
