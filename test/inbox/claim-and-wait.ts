import { writeSync } from 'node:fs';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';

// Claims what there is, holds a key, prints the ids, and then does nothing until it is killed.
const [url = '', leaseMs = ''] = process.argv.slice(2);
const inbox = await openPostgresInbox({ url, exclusive: true, leaseMs: Number(leaseMs) });
const claimed = await inbox.claim(100, Date.now());
await inbox.hold(['held by the child']);
writeSync(1, `${JSON.stringify(claimed.map(({ id }) => id))}\n`);
setInterval(() => {}, 1000);
