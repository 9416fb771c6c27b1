import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../src/dci/sender-file.ts';

interface Vector {
  name: string;
  now: number;
  sender: unknown;
  body: string;
  expect: 'accept' | 'reject';
  error_code?: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/signatures.json', import.meta.url), 'utf8'),
);

describe('the shared signature vectors', () => {
  it('are all there', () => {
    expect(vectors).toHaveLength(20);
  });

  it.each(vectors)('$name', async (vector) => {
    const verdict = await verdictOf(Buffer.from(vector.body), vector.sender, vector.now);
    expect(verdict).toMatchObject({ verdict: vector.expect, error_code: vector.error_code ?? null });
  });
});
