import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../src/dci/canonical.ts';
import { filledHeader } from '../../src/dci/filled-header.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../src/dci/json.ts';

/** What OpenSPP's schema makes of headers; made by `reference/filled_header.py` with pydantic itself. */
const rows: [string, string, string | null][] = JSON.parse(
  readFileSync(new URL('reference/filled-header.json', import.meta.url), 'utf8'),
);

const PLAIN =
  '{"message_id":"m","message_ts":"2025-11-24T16:00:00Z","action":"notify","sender_id":"s","receiver_id":"r"}';

function object(text: string): JsonObject {
  const node = parseJson(text);
  if (!isJsonObject(node)) throw new Error('not an object');
  return node;
}

function filledText(header: JsonObject): string | null {
  const filled = filledHeader(header);
  return filled && canonicalText(filled);
}

describe('filledHeader', () => {
  it.each(rows)('%s %s', (field, text, filled) => {
    const changes = field === '' ? object(text) : new Map([[field, parseJson(text)]]);
    expect(filledText(new Map([...object(PLAIN), ...changes]))).toBe(filled);
  });

  it.each(['message_id', 'message_ts', 'action', 'sender_id', 'receiver_id'])(
    'does not exist without %s',
    (name) => {
      const header = new Map(object(PLAIN));
      header.delete(name);
      expect(filledText(header)).toBeNull();
    },
  );

  it('does not exist where meta has an infinity', () => {
    expect(filledText(new Map([...object(PLAIN), ['meta', parseJson('{"a":[1e400]}')]]))).toBeNull();
  });
});
