import { parentPort, workerData } from 'node:worker_threads';
import { openStore, type SqliteStore, type StoreOptions } from './store.ts';

/** A call of one of the store's methods, and its answer. */
export type StoreCall = { id: number; method: StoreMethod; args: unknown[] };
export type StoreAnswer = { id: number; result: unknown } | { id: number; error: string };
export type StoreMethod = keyof SqliteStore;
/** Why indexing failed; null once it works again. */
export type IndexingNote = { indexing: string | null };

// SQLite waits for the disk inside the call; in a thread of its own the event loop goes on meanwhile.
const port = parentPort;
if (!port) throw new Error('the inbox worker runs as a worker thread');
const options = workerData as StoreOptions;
let indexingFails = false;
const store = openStore(options, (failure) => {
  indexingFails = failure !== null;
  port.postMessage({ indexing: failure } satisfies IndexingNote);
});

/** So many messages are indexed at once, while more keep coming. */
const INDEX_FROM = 1000;
/** Else they are when so many milliseconds are over. */
const INDEX_AFTER_MS = 1000;
let planned = false;

/** After the acknowledgement: a slice at a time, so that other calls come in between. */
function index(): void {
  planned = false;
  try {
    if (store.indexSome()) plan(0);
  } catch {
    // Such as on a full disk.
    plan(INDEX_AFTER_MS);
  }
}

function plan(ms: number): void {
  if (planned) return;
  planned = true;
  setTimeout(index, ms).unref();
}

port.on('message', ({ id, method, args }: StoreCall) => {
  try {
    const result = (store[method] as (...values: unknown[]) => unknown)(...args);
    port.postMessage({ id, result } satisfies StoreAnswer);
  } catch (error) {
    // SQLite's messages name tables and files, never values.
    port.postMessage({
      id,
      error: error instanceof Error ? error.message : String(error),
    } satisfies StoreAnswer);
  }
  if (method === 'close') port.close();
  else if (store.unindexed() >= INDEX_FROM && !indexingFails) index();
  else if (store.unindexed() > 0) plan(INDEX_AFTER_MS);
});
// Who only looks leaves it to the bridge.
if (options.exclusive) plan(INDEX_AFTER_MS);
port.postMessage({ id: 0, result: null } satisfies StoreAnswer);
