import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBridge } from '../bridge.ts';
import type { Settings } from '../config/schema.ts';
import { createLog } from '../log.ts';
import { connectOdoo } from '../odoo/connect.ts';
import { create } from '../odoo/orm.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { type Check, checks } from './checks.ts';
import { CivilRegistry, post, type Sent } from './civil-registry.ts';
import { type Population, populate, portraits } from './population.ts';
import { printEvents, printPortraits } from './print.ts';

/** The start, and each message. */
const STEPS = 8;

/**
 * Shows the whole way: a sandbox in place of OpenSPP, a bridge, and a civil registry that signs.
 *
 * @param settings the bridge's; its inbox, its keys and its Odoo are the demo's own
 * @param onProgress called with what is being done, and how many of how many steps are done
 * @returns whether all was as it should be
 */
export async function runDemo(
  settings: Settings,
  out: (line: string) => void,
  onProgress: (step: string, done: number, total: number) => void = () => {},
): Promise<boolean> {
  onProgress('starting a sandbox and a bridge', 0, STEPS);
  const folder = await mkdtemp(join(tmpdir(), 'crvs-bridge-demo-'));
  const sandbox = await startSandbox();
  const place = { url: sandbox.url, db: sandbox.db, timeoutMs: 10_000 };
  const admin = connectOdoo({ ...place, ...sandbox.admin, protocol: 'auto' });
  const registry = new CivilRegistry('crvs.demo.example');
  const people = populate(sandbox);
  await create(admin, 'spp.dci.crvs.sender', [
    {
      name: 'Demo Civil Registry',
      sender_id: registry.senderId,
      public_key: registry.publicKey,
      algorithm: 'ed25519',
    },
  ]);
  const bridge = await startBridge(
    {
      ...settings,
      server: { ...settings.server, host: '127.0.0.1', port: 0 },
      inbox: { ...settings.inbox, url: `sqlite:${join(folder, 'inbox.db')}` },
      keys: { ...settings.keys, directory: join(folder, 'keys') },
    },
    { url: sandbox.url, db: sandbox.db, ...sandbox.bridge },
    createLog('silent'),
  );
  try {
    out(`OpenSPP (a sandbox) is at ${sandbox.url}, the bridge at ${bridge.url}.`);
    onProgress('sending', 1, STEPS);
    const before = await portraits(admin, people);
    const sent = await sendAll(bridge.url, registry, people, (done) =>
      onProgress('sending', 1 + done, STEPS),
    );
    out('\nWhat the registry sent, and what the bridge answered:');
    for (const { title, answer } of sent) {
      const outcome = answer.body.state ? `, event ${answer.body.event_id} ${answer.body.state}` : '';
      out(`  ${title.padEnd(58)} ${answer.status}${outcome}`);
    }
    const after = await portraits(admin, people);
    await printEvents(admin, out);
    printPortraits(before, after, out);
    return report(await checks(admin, sent, after), out);
  } finally {
    await bridge.stop();
    await sandbox.close();
    await rm(folder, { recursive: true });
  }
}

async function sendAll(
  url: string,
  registry: CivilRegistry,
  people: Population,
  onSent: (count: number) => void,
): Promise<Sent[]> {
  const uin = (value: string) => ({ type: 'UIN', value });
  const birth = await registry.notification({
    event_type: 'BIRTH',
    event_date: '2024-03-08',
    identifiers: [uin(people.child.nationalId), { type: 'BRN', value: 'B-2024-00017' }],
  });
  const death = await registry.notification({
    transaction_id: 't-1',
    notify_event: [
      {
        reference_id: 'r-1',
        timestamp: new Date().toISOString(),
        data: {
          reg_event_type: 'spdci-common:RegistryEventType:Death',
          reg_record_type: 'Person',
          reg_records: [
            {
              identifier: [
                { identifier_type: 'UIN', identifier_value: people.pensioner.nationalId },
                { identifier_type: 'DRN', identifier_value: 'D-2024-00342' },
              ],
              death_date: '2024-12-01',
            },
          ],
        },
      },
    ],
  });
  const marriage = await registry.notification({
    event_type: 'MARRIAGE',
    event_date: '2024-06-15',
    identifiers: [uin(people.bride.nationalId), { type: 'MRN', value: 'M-2024-00088' }],
  });
  const divorce = await registry.notification({
    event_type: 'DIVORCE',
    event_date: '2024-07-01',
    identifiers: [uin(people.husband.nationalId)],
  });
  const stranger = await registry.notification({
    event_type: 'DEATH',
    event_date: '2024-11-11',
    identifiers: [uin('NID-9999-9999')],
  });
  const forged = await registry.notification(
    { event_type: 'DEATH', event_date: '2024-12-24', identifiers: [uin(people.bride.nationalId)] },
    new CivilRegistry('forger').privateKey,
  );
  const crvs = `${url}/dci_api/v1/crvs`;
  const notify = `${url}/registry/notify`;
  const messages: [title: string, route: string, body: string][] = [
    ['a birth (OpenSPP dialect)', crvs, birth],
    ['a death (SPDCI dialect)', notify, death],
    ['a marriage', crvs, marriage],
    ['a divorce', crvs, divorce],
    ['the same death again', notify, death],
    ['a death signed by somebody else', crvs, forged],
    ['the death of somebody whom OpenSPP does not know', crvs, stranger],
  ];
  const sent: Sent[] = [];
  for (const [title, route, body] of messages) {
    sent.push({ title, answer: await post(route, body) });
    onSent(sent.length);
  }
  return sent;
}

function report(results: readonly Check[], out: (line: string) => void): boolean {
  out('\nChecks:');
  for (const { what, holds } of results) out(`  ${holds ? 'ok   ' : 'FAIL '} ${what}`);
  const failed = results.filter(({ holds }) => !holds).length;
  out(failed === 0 ? '\nAll is as it should be.' : `\n${failed} of ${results.length} checks failed.`);
  return failed === 0;
}
