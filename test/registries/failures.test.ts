import { describe, expect, it } from 'vitest';
import { DciClient } from '../../src/dci/client/client.ts';
import { closedUrl } from '../server.ts';
import { clientOf, errorOf, FakeTime, settingsFor, standIn } from './support.ts';

describe('what may pass is tried again', () => {
  it.each([
    ['a 500', { status: 500 }],
    ['a 502', { status: 502, body: '<html>bad gateway</html>' }],
    ['a cut connection', { status: 0, cut: true }],
    ['a 429 without a time', { status: 429 }],
  ])('%s', async (_, fault) => {
    const registry = await standIn();
    const timing = new FakeTime();
    registry.faults.push(fault, fault);
    await clientOf(registry, {}, { timing }).searchById('BRN', '1');
    expect(registry.received).toHaveLength(1);
    expect(timing.pauses).toEqual([188, 375]);
  });

  it('each attempt is a new message of the same transaction', async () => {
    const registry = await standIn({ fault: () => null });
    registry.faults.push({ status: 500 });
    const ids = new Set<unknown>();
    const transactions = new Set<unknown>();
    const spying = (url: string, init: RequestInit) => {
      const { header, message } = JSON.parse(String(init.body));
      ids.add(header.message_id);
      transactions.add(message.transaction_id);
      return fetch(url, init);
    };
    await clientOf(registry, {}, { fetch: spying }).searchById('BRN', '1');
    expect([ids.size, transactions.size]).toEqual([2, 1]);
  });

  it('waits as long as Retry-After says, in seconds or as a date', async () => {
    const registry = await standIn();
    const timing = new FakeTime();
    registry.faults.push({ status: 503, headers: { 'retry-after': '7' } });
    registry.faults.push({
      status: 429,
      headers: { 'retry-after': new Date(timing.ms + 20_000).toUTCString() },
    });
    const start = timing.ms;
    await clientOf(registry, {}, { timing }).searchById('BRN', '1');
    expect(timing.ms - start).toBeGreaterThanOrEqual(20_000);
    expect(timing.pauses[0]).toBe(7125);
  });

  it('gives up where Retry-After is longer than we wait', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    const error = await errorOf(clientOf(registry).searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.busy', status: 429, transient: true });
    expect(registry.faults).toHaveLength(0);
  });

  it('gives up after the attempts that are allowed', async () => {
    const registry = await standIn({ fault: () => ({ status: 500 }) });
    const timing = new FakeTime();
    const client = clientOf(registry, { retry: { attempts: 3 } }, { timing });
    const error = await errorOf(client.searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.unavailable', status: 500, transient: true });
    expect(timing.pauses).toHaveLength(2);
  });

  it('nobody there', async () => {
    const url = await closedUrl();
    const registry = await standIn();
    const client = new DciClient({ ...settingsFor(registry), baseUrl: url }, { timing: new FakeTime() });
    const error = await errorOf(client.searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.unreachable', transient: true });
  });
});

describe('what a registry may have done is not asked twice', () => {
  const subscribe = { regEventType: 'BIRTH' };

  it.each([
    ['a 500', { status: 500 }, 'registry.unavailable'],
    ['a cut connection', { status: 0, cut: true }, 'registry.unreachable'],
  ] as const)('%s to a subscription', async (_, fault, code) => {
    const registry = await standIn();
    registry.faults.push(fault);
    const error = await errorOf(clientOf(registry).subscribe(subscribe));
    expect(error.code).toBe(code);
    expect(registry.codes.size).toBe(0);
  });

  it('but what it certainly has not: 429, 503', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 429 }, { status: 503 });
    await clientOf(registry).subscribe(subscribe);
    expect(registry.codes.size).toBe(1);
  });
});

describe('time', () => {
  it('an attempt that takes too long', async () => {
    const registry = await standIn({ fault: () => ({ status: 0, hang: true }) });
    const client = clientOf(registry, { timeoutMs: 50, retry: { attempts: 2 } });
    expect((await errorOf(client.searchById('BRN', '1'))).code).toBe('registry.timeout');
  });

  it('an abort ends the call, the queue and the pause with the caller’s reason', async () => {
    const registry = await standIn({ fault: () => ({ status: 0, hang: true }) });
    const client = clientOf(registry, { concurrency: 1 });
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [1, 2, 3].map(() => client.searchById('BRN', '1', { signal }).catch((error) => error));
    setImmediate(() => controller.abort(reason));
    expect(await Promise.all(calls)).toEqual([reason, reason, reason]);
    await expect(client.searchById('BRN', '1', { signal })).rejects.toBe(reason);
  });

  it('a place in the queue that was given up goes to the next', async () => {
    const registry = await standIn();
    const client = clientOf(registry, { concurrency: 1 });
    const controller = new AbortController();
    const first = client.searchById('BRN', '1');
    const gone = client.searchById('BRN', '2', { signal: controller.signal }).catch(() => 'gone');
    const last = client.searchById('BRN', '3');
    controller.abort();
    expect(await gone).toBe('gone');
    expect([(await first).records, (await last).records]).toEqual([[], []]);
  });
});

describe('what the registry said', () => {
  const failing = async (fault: { status: number; body?: unknown }) => {
    const registry = await standIn();
    registry.faults.push(fault);
    return errorOf(clientOf(registry).searchById('UIN', '987654321'));
  };

  it.each<[string, unknown, string | undefined, string | undefined]>([
    [
      'SPDCI',
      { message: { ack_status: 'ERR', error: { code: 'err.request.bad', message: 'no 987654321' } } },
      'err.request.bad',
      'no 987654321',
    ],
    ['OpenCRVS', { error: { code: 400, message: 'Expected birth' } }, 'other', 'Expected birth'],
    ['a gateway', { errors: [{ code: 'err.request.bad', message: 'no' }] }, 'err.request.bad', 'no'],
    [
      'a callback header',
      { header: { status_reason_code: 'rjct.action.invalid', status_reason_message: 'no' } },
      'rjct.action.invalid',
      'no',
    ],
    ['a framework', { detail: 'no' }, undefined, 'no'],
    ['an error page', '<html><h1>Bad</h1></html>', undefined, undefined],
    ['an identifier for a code', { error: { code: '987654321', message: 'x' } }, 'other', 'x'],
  ])('%s', async (_, body, code, message) => {
    const error = await failing({ status: 400, body });
    expect(error).toMatchObject({ code: 'registry.refused', status: 400, transient: false });
    expect([error.registryCode, error.registryMessage]).toEqual([code, message]);
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('987654321');
  });

  it('is bounded and on one line', async () => {
    const message = `<b>one</b>\n\u0000two ${'x'.repeat(5000)}`;
    const error = await failing({ status: 400, body: { error: { message } } });
    expect(error.registryMessage).toMatch(/^one two x+…$/);
    expect(error.registryMessage?.length).toBe(300);
  });

  it.each(['ERR', 'NACK'])('an acknowledgement %s is no answer', async (ack_status) => {
    const body = { message: { ack_status, error: { code: 'err.version.not_supported', message: 'no' } } };
    const error = await failing({ status: 200, body });
    expect(error).toMatchObject({ code: 'registry.refused', registryCode: 'err.version.not_supported' });
  });

  it.each<[string, unknown]>([
    ['text', 'hello 987654321'],
    ['nothing', ''],
    ['no message', { header: {} }],
    ['a list', [1]],
  ])('an answer that is none: %s', async (_, body) => {
    const error = await failing({ status: 200, body });
    expect(error.code).toBe('registry.answer');
    expect(`${error.stack}`).not.toContain('987654321');
  });

  it('a redirect is not followed', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    expect(await errorOf(clientOf(registry).searchById('BRN', '1'))).toMatchObject({
      code: 'registry.answer',
      status: 302,
    });
  });

  it('an answer without end is given up', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 200, body: 'x'.repeat(3000) });
    const error = await errorOf(clientOf(registry, { maxAnswerBytes: 1000 }).searchById('BRN', '1'));
    expect(error.code).toBe('registry.answer');
  });
});
