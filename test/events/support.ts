import { connectorReader } from '../../src/connectors/index.ts';
import { DciError } from '../../src/dci/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../src/dci/json.ts';
import { type ReadNotification, readerOf } from '../../src/events/read-events.ts';
import { NO_ZONES } from '../../src/events/time-zone.ts';

/** Reads every dialect that the bridge has. */
export const READER = connectorReader(NO_ZONES);

/** The `message` of an envelope, from its text or from a value. */
function messageNode(message: unknown): JsonObject {
  const node = parseJson(typeof message === 'string' ? message : JSON.stringify(message));
  if (!isJsonObject(node)) throw new TypeError('a message is an object');
  return node;
}

/** Reads a message in one of DCI's dialects. */
export function read(message: unknown): ReadNotification {
  return readerOf([])(messageNode(message), new Map());
}

/** Why a message is refused. */
export function refusal(message: unknown): DciError {
  try {
    read(message);
  } catch (error) {
    if (error instanceof DciError) return error;
    throw error;
  }
  throw new Error('the message was taken');
}
