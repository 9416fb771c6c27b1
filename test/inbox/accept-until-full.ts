import { execFileSync } from 'node:child_process';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';

// Run with a low limit on the size of files. Accepts until the inbox refuses, lifts the limit, and accepts again;
// prints what happened as one line of JSON.
const [path = ''] = process.argv.slice(2);
const inbox = await openSqliteInbox({ path, exclusive: true });
const acknowledged: string[] = [];

async function accept(messageId: string): Promise<void> {
  await inbox.accept({
    senderId: 'crvs.test',
    messageId,
    contentDigest: messageId,
    action: 'notify',
    dialect: null,
    kid: null,
    receivedAt: Date.now(),
    body: 'x'.repeat(20_000),
    events: [],
  });
  acknowledged.push(messageId);
}

let refusal: { name?: string; message?: string } = {};
for (let count = 0; count < 1000 && refusal.name === undefined; count += 1) {
  await accept(`before-${count}`).catch((error: Error) => {
    refusal = { name: error.name, message: error.message };
  });
}
// A small write may still find room where a large one did not.
let check = 'writable';
for (let count = 0; count < 1000 && check === 'writable'; count += 1) {
  await inbox.check().catch((error: Error) => {
    check = error.name;
  });
}
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:unlimited']);
await accept('after');
await inbox.close();
process.stdout.write(`${JSON.stringify({ refusal, check, acknowledged })}\n`);
