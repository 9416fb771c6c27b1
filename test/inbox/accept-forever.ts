import type { NewMessage } from '../../src/inbox/inbox.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';

// Accepts messages until it is killed, eight at a time; prints the message_id of each that was acknowledged.
const [path = ''] = process.argv.slice(2);
const inbox = await openSqliteInbox({ path, exclusive: true });

async function accept(messageId: string): Promise<void> {
  const told: NewMessage = {
    senderId: 'crvs.test',
    messageId,
    contentDigest: messageId,
    action: 'notify',
    dialect: 'openspp',
    kid: null,
    receivedAt: Date.now(),
    body: `{"header": {"message_id": "${messageId}"}, "message": {}}`,
    events: [{ type: 'birth', date: '2024-01-01', identifiers: [{ type: 'UIN', value: messageId }] }],
  };
  const receipt = await inbox.accept(told);
  // A reader on a busy machine lets the pipe become full.
  if (receipt.kind === 'created')
    await new Promise<unknown>((done) => process.stdout.write(`${messageId}\n`, done));
}

async function forever(sender: number): Promise<never> {
  for (let count = 0; ; count += 1) await accept(`sender-${sender}-${count}`);
}
await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(forever));
