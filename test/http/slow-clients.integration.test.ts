import { connect } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { accessOf, testBridge } from '../bridge.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  return sandbox.close;
});

const startedBridge = () =>
  testBridge({
    access: accessOf(sandbox),
    file: { server: { request_timeout_seconds: 0.2, shutdown_seconds: 0.3 } },
  });

/** What a connection that sends this, and then nothing, receives before it is cut. */
function receivedBeforeCut(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

it('cuts clients that never end their head or their body', async () => {
  const bridge = await startedBridge();
  const head = 'POST /registry/notify HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n';
  const [slowHead, slowBody, silent] = await Promise.all([
    receivedBeforeCut(bridge.url, head),
    receivedBeforeCut(bridge.url, `${head}Content-Length: 1000\r\n\r\n{"header": `),
    receivedBeforeCut(bridge.url, ''),
  ]);
  expect(slowHead).toContain('408');
  expect(slowBody).toContain('408');
  expect(silent).not.toContain('200');
});

it('stops although clients hang on', async () => {
  const bridge = await startedBridge();
  const { hostname, port } = new URL(bridge.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const cut = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('POST /registry/notify HTTP/1.1\r\nHost: bridge\r\nX-Slow: ');
  await bridge.stop();
  await cut;
});
