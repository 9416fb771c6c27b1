import { expect, it } from 'vitest';
import * as z from 'zod';
import { named, section } from '../../src/config/section.ts';

it('names and units are those of the code; what is not a duration keeps its value', () => {
  expect(
    named({ poll_seconds: 1.5, keep_days: 2, max_body_bytes: 3, host: 'x', tls_key_file: null, days: 4 }),
  ).toEqual({ pollMs: 1500, keepMs: 172_800_000, maxBodyBytes: 3, host: 'x', tlsKeyFile: null, days: 4 });
  expect(named({ timeout_seconds: undefined })).toEqual({ timeoutMs: undefined });
});

it('a rule names the setting that does not go with another', () => {
  const schema = section({ least: z.number(), most: z.number() }, [
    ({ least, most }) => least <= most,
    'least',
    'is above most',
  ]);
  expect(schema.parse({ least: 1, most: 2 })).toEqual({ least: 1, most: 2 });
  expect(schema.safeParse({ least: 3, most: 2 }).error?.issues).toMatchObject([
    { path: ['least'], message: 'is above most' },
  ]);
  expect(schema.safeParse({ least: 1, most: 2, other: 3 }).success).toBe(false);
});
