import { onTestFinished } from 'vitest';
import { type CallbackAction, MemoryAnswers } from '../../src/dci/client/answers.ts';
import { DciClient } from '../../src/dci/client/client.ts';
import { spdci } from '../../src/dci/client/dialect-spdci.ts';
import { DciClientError } from '../../src/dci/client/errors.ts';
import type { DciClientPorts, DciClientSettings } from '../../src/dci/client/settings.ts';
import type { Timing } from '../../src/lib/timing.ts';
import { serve } from '../server.ts';
import { CLIENT, REGISTRY_ID, StandIn, type StandInOptions } from './stand-in.ts';

/** A clock that only waiting moves: nobody waits in fact. */
export class FakeTime implements Timing {
  ms = Date.parse('2026-03-01T12:00:00Z');
  /** The pauses that were asked for. */
  readonly pauses: number[] = [];
  readonly now = () => this.ms;
  readonly random = () => 0.5;
  readonly wait = async (ms: number, signal?: AbortSignal) => {
    this.pauses.push(ms);
    const until = this.ms + ms;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.ms = Math.max(this.ms, until);
  };
}

/** A registry that ends with the test. */
export async function standIn(options: StandInOptions = {}): Promise<StandIn> {
  const registry = await new StandIn(options).start();
  onTestFinished(() => registry.close());
  return registry;
}

export const OUR_ID = 'openspp.example.org';

export function settingsFor(registry: StandIn, over: Partial<DciClientSettings> = {}): DciClientSettings {
  return {
    registry: 'crvs_main',
    baseUrl: registry.url,
    parties: { senderId: OUR_ID, receiverId: REGISTRY_ID },
    dialect: spdci,
    auth: { type: 'none' },
    timeoutMs: 5000,
    ...over,
  };
}

/** A client that never waits for its pauses. */
export function clientOf(
  registry: StandIn,
  over: Partial<DciClientSettings> = {},
  ports: DciClientPorts = {},
): DciClient {
  return new DciClient(settingsFor(registry, over), { timing: new FakeTime(), ...ports });
}

export function oauth2(
  registry: StandIn,
  location: 'body' | 'query' = 'body',
  over: { clientSecret?: string } = {},
) {
  return { type: 'oauth2', tokenUrl: `${registry.url}/token`, location, ...CLIENT, ...over } as const;
}

/** All that an iteration gives. */
export async function collected<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}

/** The error that a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<DciClientError> {
  const error = await call.then(
    () => new Error('the call did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof DciClientError) return error;
  throw error;
}

/** Receives callbacks, as the bridge will, for as long as the test runs. */
export async function listener(): Promise<{ uri: string; answers: MemoryAnswers; bodies: string[] }> {
  const answers = new MemoryAnswers();
  const bodies: string[] = [];
  const { url } = await serve(({ body }, response) => {
    bodies.push(body);
    const { header, message } = JSON.parse(body);
    answers.deliver({
      // OpenCRVS names the action of the request.
      action: (header.action === 'search' ? 'on-search' : header.action) as CallbackAction,
      transactionId: message.transaction_id ?? null,
      correlationId: message.correlation_id ?? null,
      header,
      message,
    });
    response.end('{}');
  });
  return { uri: `${url}/`, answers, bodies };
}
