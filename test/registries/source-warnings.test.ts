import { expect, it } from 'vitest';
import type { FoundSource } from '../../src/registries/source.ts';
import { sourceWarnings } from '../../src/registries/source-warnings.ts';

it('warns of an address that is plain http, but for our own machine', () => {
  const settingsOf = (over: Partial<FoundSource>) =>
    sourceWarnings({ code: 'a', origin: 'openspp', registryKeyFile: 'k', ...over }).map(
      ({ setting }) => setting,
    );
  expect(settingsOf({ baseUrl: 'http://crvs.example.org/api', tokenUrl: 'http://10.0.0.1/token' })).toEqual([
    'sources.a.base_url',
    'sources.a.token_url',
  ]);
  for (const host of [
    'https://crvs.example.org',
    'http://localhost:8080',
    'http://127.0.0.2',
    'http://[::1]:1',
  ]) {
    expect(settingsOf({ baseUrl: `${host}/api`, tokenUrl: `${host}/token` })).toEqual([]);
  }
});
