import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, unprivileged } from '../postgres-server.ts';

/** Where Debian's package has it. */
const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync);

/** Whether PgBouncer is installed on this machine. */
export const hasPgBouncer = PROGRAM !== undefined;

/**
 * PgBouncer itself, with its own defaults besides the mode.
 *
 * @param target a database; its user and password are those of the client
 * @param sessions that it has on the server
 */
export async function startPgBouncer(
  target: string,
  mode: 'transaction' | 'session' | 'statement',
  sessions: number,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-pgbouncer-'));
  const server = new URL(target);
  const port = await freePort();
  const settings = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port || 5432}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = plain',
    `auth_file = ${join(folder, 'users')}`,
    `pool_mode = ${mode}`,
    `default_pool_size = ${sessions}`,
  ];
  writeFileSync(join(folder, 'pgbouncer.ini'), settings.join('\n'), { mode: 0o644 });
  writeFileSync(join(folder, 'users'), `"${server.username}" "${server.password}"\n`, { mode: 0o644 });
  const user = unprivileged();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? user.uid);
  const child = spawn(PROGRAM ?? '', [join(folder, 'pgbouncer.ini')], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      log.push(String(chunk));
      if (log.join('').includes('process up')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PgBouncer did not start: ${log.join('')}`)));
  });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async stop() {
      child.kill('SIGKILL');
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
