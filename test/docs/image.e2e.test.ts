import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { childEnv } from '../child-env.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
const [command = '', ...args] = JSON.parse(
  /^HEALTHCHECK .*\\\n {2}CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]',
) as string[];

/** Runs the health check of the image against a server that answers so. @returns its exit code, and what was asked */
async function check(answer: RequestListener): Promise<{ code: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const child = spawn(command, args, { env: { HEALTH_LISTEN: `0.0.0.0:${port}` }, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return { code, asked };
}

it('the image is healthy where /healthz of HEALTH_LISTEN answers 200', async () => {
  expect(await check((_, response) => response.end('{}'))).toEqual({ code: 0, asked: ['/healthz'] });
});

it('the image is not healthy where it answers anything else, or closes the connection', async () => {
  expect(await check((_, response) => response.writeHead(503).end())).toMatchObject({ code: 1 });
  expect(await check((request) => request.socket.destroy())).toMatchObject({ code: 1 });
});

it('the image has what the bridge needs without the sandbox, and says so where somebody asks for it', () => {
  const image = mkdtempSync(join(tmpdir(), 'image-'));
  onTestFinished(() => rmSync(image, { recursive: true }));
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
  const left = lines.filter((line) => /^\w/.test(line));
  for (const name of ['package.json', 'bin', 'config', 'src']) {
    expect(dockerfile).toMatch(new RegExp(`^COPY ${name}\\b.* \\./`, 'm'));
    expect(lines).toContain(`!${name}`);
    cpSync(join(ROOT, name), join(image, name), {
      recursive: true,
      filter: (source) => !left.includes(relative(ROOT, source)),
    });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(image, 'node_modules'));
  const [, bin = '', name = ''] = /^RUN ln -s \/app\/(\S+) (?:\/\w+)+\/(\S+)$/m.exec(dockerfile) ?? [];
  expect(name).toBe('crvs-bridge');
  const run = (...command: string[]) => {
    // As the image's own link does: from any folder.
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(image, bin), ...command], {
      cwd: tmpdir(),
      env: childEnv({ NODE_COMPILE_CACHE: join(image, 'compiled') }),
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };
  expect(run('--version')).toEqual({
    status: 0,
    said: `${(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version}\n`,
  });
  expect(run('config', 'show').status).toBe(0);
  const refused = {
    status: 2,
    said: expect.stringContaining('this installation has no sandbox: set ODOO_URL'),
  };
  expect(run('serve')).toEqual(refused);
  expect(run('demo')).toEqual(refused);
});
