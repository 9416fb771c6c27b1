import { connect, type Socket } from 'node:net';

/** An answer, as far as the benchmark looks at it. */
export interface Answer {
  status: number;
  /** Head and body. */
  text: string;
}

const BUFFER_BYTES = 65_536;

/**
 * An HTTP/1.1 connection that is kept open and carries one request at a time.
 *
 * A client of Node's own costs more CPU than the server that it is to measure, and both share the machine; this one
 * reads no more of an answer than its status and where it ends.
 */
export class Connection {
  readonly #socket: Socket;
  #received = '';
  #onAnswer: (answer: Answer) => void = () => {};
  #onLost: (error: Error) => void = () => {};

  private constructor(port: number) {
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (size) => {
          this.#received += buffer.toString('latin1', 0, size);
          this.#take();
          return true;
        },
      },
    });
  }

  /** Resolves once it is open. */
  static open(port: number): Promise<Connection> {
    const connection = new Connection(port);
    return new Promise((resolve, reject) => {
      connection.#socket.once('connect', () => resolve(connection));
      connection.#socket.once('error', reject);
      connection.#socket.on('error', (error) => connection.#onLost(error));
      connection.#socket.on('close', () => connection.#onLost(new Error('the connection was closed')));
    });
  }

  /**
   * @param onAnswer called for each answer; may send the next request
   * @param onLost called when the connection is gone
   */
  listen(onAnswer: (answer: Answer) => void, onLost: (error: Error) => void): void {
    this.#onAnswer = onAnswer;
    this.#onLost = onLost;
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#onLost = () => {};
    this.#socket.destroy();
  }

  #take(): void {
    const text = this.#received;
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0 || !isWhole(text, headEnd + 4)) return;
    this.#received = '';
    this.#onAnswer({ status: Number(text.slice(9, 12)), text });
  }
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** One request at a time, so that whatever came belongs to one answer. */
function isWhole(text: string, bodyStart: number): boolean {
  const length = CONTENT_LENGTH.exec(text)?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= bodyStart + Number(length);
}
