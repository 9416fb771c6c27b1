import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';

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
