import { createPrivateKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { AlgorithmName } from '../../src/dci/algorithms.ts';
import { notification, type Signing } from './message.ts';

/** Which notifications a worker makes. */
export interface SignJob {
  from: number;
  count: number;
  path: string;
  senderId: string;
  algorithm: AlgorithmName;
  /** PEM. */
  privateKey: string;
  uins: readonly string[];
}

/** A part of them: HTTP requests one after another, and where each ends. */
export interface SignedRequests {
  bytes: Uint8Array<ArrayBuffer>;
  ends: Uint32Array<ArrayBuffer>;
}

/** As many at a time as keep the thread pool at work. */
const TOGETHER = 100;

const { from, count, path, uins, ...job } = workerData as SignJob;
const signing: Signing = { ...job, privateKey: createPrivateKey(job.privateKey) };
for (let done = 0; done < count; done += TOGETHER) {
  const numbers = Array.from({ length: Math.min(TOGETHER, count - done) }, (_, n) => from + done + n);
  const bodies = await Promise.all(numbers.map((number) => notification(number, uins, signing)));
  const requests = bodies.map(requestOf);
  const bytes = new Uint8Array(requests.reduce((length, request) => length + request.length, 0));
  const ends = new Uint32Array(requests.length);
  let end = 0;
  requests.forEach((request, position) => {
    bytes.set(request, end);
    end += request.length;
    ends[position] = end;
  });
  parentPort?.postMessage({ bytes, ends } satisfies SignedRequests, [bytes.buffer, ends.buffer]);
}

function requestOf(body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
