import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/** What a bad network, or a bad proxy on the way, does to a call and its answer. */
const FAULTS = [
  'drop',
  'drop-answer',
  'delay',
  'half',
  'bad-gateway',
  'bad-gateway-after',
  'repeat',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultPlan {
  /** The part of the calls that something happens to, from 0 to 1. */
  rate: number;
  /** Gives numbers in [0, 1). */
  random(): number;
  /** Milliseconds that `delay` holds an answer back. */
  delayMs: number;
}

/**
 * An HTTP proxy that does to calls what networks do: drops them before or after they reached the server, delays their
 * answers, cuts them in half, answers 502 in the server's place before or after the call was carried out, sends them
 * twice.
 */
export class FaultProxy {
  readonly #target: URL;
  readonly #plan: FaultPlan;
  readonly #server: Server;
  /** How often each was done. */
  readonly done: Record<Fault, number> = {
    drop: 0,
    'drop-answer': 0,
    delay: 0,
    half: 0,
    'bad-gateway': 0,
    'bad-gateway-after': 0,
    repeat: 0,
  };
  /** Nothing happens to calls while it is off. */
  active = true;

  constructor(targetUrl: string, plan: FaultPlan) {
    this.#target = new URL(targetUrl);
    this.#plan = plan;
    this.#server = createServer((incoming, answer) => {
      this.#serve(incoming, answer).catch(() => answer.destroy());
    });
  }

  /** @returns where it listens */
  start(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as { port: number }).port}`);
      });
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const fault = this.#pick();
    if (fault) this.done[fault] += 1;
    if (fault === 'drop') {
      answer.destroy();
      return;
    }
    if (fault === 'bad-gateway') {
      badGateway(answer);
      return;
    }
    let { status, headers, text } = await this.#forward(incoming, body);
    if (fault === 'repeat') ({ status, headers, text } = await this.#forward(incoming, body));
    if (fault === 'delay') await new Promise((resolve) => setTimeout(resolve, this.#plan.delayMs));
    if (fault === 'drop-answer') {
      answer.destroy();
      return;
    }
    if (fault === 'bad-gateway-after') {
      badGateway(answer);
      return;
    }
    answer.writeHead(status, { ...headers, 'content-length': text.length });
    if (fault !== 'half') {
      answer.end(text);
      return;
    }
    answer.write(text.subarray(0, text.length / 2), () => answer.destroy());
  }

  #pick(): Fault | null {
    const { rate, random } = this.#plan;
    if (!this.active || random() >= rate) return null;
    return FAULTS[Math.floor(random() * FAULTS.length)] ?? null;
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; text: Buffer }> {
    const {
      host: _host,
      connection: _connection,
      'transfer-encoding': _encoding,
      ...headers
    } = incoming.headers;
    return new Promise((resolve, reject) => {
      const forwarded = request(
        new URL(incoming.url ?? '/', this.#target),
        { method: incoming.method, headers: { ...headers, 'content-length': body.length }, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 502,
              headers: { 'content-type': response.headers['content-type'] ?? 'text/plain' },
              text: Buffer.concat(chunks),
            });
          });
        },
      );
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }
}

function badGateway(answer: ServerResponse): void {
  answer.writeHead(502, { 'content-type': 'text/html' });
  answer.end('<html><body><h1>502 Bad Gateway</h1></body></html>');
}
