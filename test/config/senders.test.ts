import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { fetchPolicyOf, timeZonesOf } from '../../src/config/senders.ts';
import { settingsWith } from '../settings.ts';

const withRules = (byId: object, sources: object = {}) => settingsWith({ senders: { by_id: byId }, sources });

describe('the settings of senders', () => {
  it('give each its aliases and limits, and those not named none', () => {
    const { aliases, limits } = withRules({
      'crvs.a': { aliases: ['https://a.example', 'a2'], event_types: ['birth'], must_encrypt: true },
      'crvs.b': { max_window_seconds: 60, rate_per_minute: 5 },
    }).senders;
    expect([...aliases]).toEqual([
      ['https://a.example', 'crvs.a'],
      ['a2', 'crvs.a'],
    ]);
    const none = { eventTypes: null, maxWindowSeconds: null, mustEncrypt: false, ratePerMinute: null };
    expect(limits.get('crvs.a')).toEqual({ ...none, eventTypes: new Set(['birth']), mustEncrypt: true });
    expect(limits.get('crvs.b')).toEqual({ ...none, maxWindowSeconds: 60, ratePerMinute: 5 });
    expect(limits.size).toBe(2);
  });

  it('know that an OpenCRVS answers under our own name, unless two sources disagree', () => {
    const source = { dialect: 'opencrvs', sender_id: 'https://us', registry_sender_id: 'crvs.a' };
    const aliasesOf = (sources: object, byId: object = {}) => [...withRules(byId, sources).senders.aliases];
    expect(aliasesOf({ a: source })).toEqual([['https://us', 'crvs.a']]);
    expect(aliasesOf({ a: { ...source, dialect: 'spdci' } })).toEqual([]);
    expect(aliasesOf({ a: source, b: { ...source, registry_sender_id: 'crvs.b' } })).toEqual([]);
    expect(aliasesOf({ a: source }, { 'crvs.c': { aliases: ['https://us'] } })).toEqual([
      ['https://us', 'crvs.c'],
    ]);
  });

  it('say where each sender is, by any of its names, and where the others are', () => {
    const byId = {
      'crvs.a': { aliases: ['https://a.example'], time_zone: 'Africa/Kampala' },
      'crvs.b': {},
    };
    const zones = timeZonesOf(settingsWith({ senders: { by_id: byId, time_zone: 'Asia/Manila' } }).senders);
    const names = ['crvs.a', 'https://a.example', 'crvs.b', 'crvs.c'].map((name) => zones(name)?.name);
    expect(names).toEqual(['Africa/Kampala', 'Africa/Kampala', 'Asia/Manila', 'Asia/Manila']);
    expect(timeZonesOf(withRules(byId).senders)('crvs.b')).toBeNull();
  });

  it('say by default https and public addresses alone, and let one sender be an exception', () => {
    const some = withRules({ 'crvs.a': { jwks_allow_http: true, jwks_allow_private_addresses: true } });
    expect(fetchPolicyOf(some, 'crvs.a')).toMatchObject({ allowHttp: true, allowPrivateAddresses: true });
    for (const other of ['crvs.b', '__proto__', 'constructor']) {
      expect(fetchPolicyOf(some, other)).toMatchObject({ allowHttp: false, allowPrivateAddresses: false });
    }
  });

  it('are handed on in milliseconds', () => {
    const loaded = loadSettings({});
    expect(loaded.jwks).toMatchObject({ graceMs: 3_600_000, cooldownMs: 30_000 });
    expect(fetchPolicyOf(loaded, 'crvs.a')).toMatchObject({
      timeoutMs: 10_000,
      minimumMs: 60_000,
      defaultMs: 900_000,
      maximumMs: 3_600_000,
    });
  });
});
