import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { create, write } from '../../src/odoo/orm.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { readSenders } from '../../src/senders/odoo-senders.ts';
import { ED25519, pemOf } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.close());

it('the registry is read by the bridge’s own user: active rows, empty fields as null', async () => {
  const place = { url: sandbox.url, db: sandbox.db, protocol: 'json2', timeoutMs: 10_000 } as const;
  const admin = connectOdoo({ ...place, ...sandbox.admin });
  const [, , gone = 0] = await create(admin, 'spp.dci.crvs.sender', [
    { name: 'National CRVS', sender_id: 'crvs.national', algorithm: 'ed25519', public_key: pemOf(ED25519) },
    {
      name: 'Province',
      sender_id: 'crvs.province',
      algorithm: 'rs256',
      jwks_url: 'https://crvs.example/jwks.json',
    },
    { name: 'Former', sender_id: 'crvs.former', algorithm: 'ed25519', public_key: pemOf(ED25519) },
  ]);
  await write(admin, 'spp.dci.crvs.sender', [gone], { active: false });
  const rows = await readSenders(connectOdoo({ ...place, ...sandbox.bridge }));
  expect(new Map(rows.map((row) => [row.senderId, row]))).toEqual(
    new Map([
      [
        'crvs.national',
        {
          senderId: 'crvs.national',
          name: 'National CRVS',
          algorithm: 'ed25519',
          publicKey: expect.stringContaining('BEGIN PUBLIC KEY'),
          jwksUrl: null,
        },
      ],
      [
        'crvs.province',
        {
          senderId: 'crvs.province',
          name: 'Province',
          algorithm: 'rs256',
          publicKey: null,
          jwksUrl: 'https://crvs.example/jwks.json',
        },
      ],
    ]),
  );
});
