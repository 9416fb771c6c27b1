import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { type ApplyAccess, type ApplyMode, modeInForce } from '../../src/openspp/apply-mode.ts';

const usable = { kind: 'usable', types: new Map() } as const;
const absent = { kind: 'absent' } as const;
const forbidden = { kind: 'forbidden' } as const;

describe('how an event is applied', () => {
  const cases: [ApplyMode, boolean, ApplyAccess['changeRequests'], string][] = [
    ['auto', true, usable, 'direct'],
    ['auto', true, absent, 'direct'],
    ['auto', false, usable, 'change_request'],
    ['auto', false, absent, 'openspp.change_requests_absent'],
    ['auto', false, forbidden, 'openspp.change_requests_forbidden'],
    ['direct', true, usable, 'direct'],
    ['direct', false, usable, 'openspp.registry_locked'],
    ['change_request', true, usable, 'change_request'],
    ['change_request', true, forbidden, 'openspp.change_requests_forbidden'],
    ['change_request', true, absent, 'openspp.change_requests_absent'],
    ['record', false, absent, 'record'],
  ];
  it.each(cases)(
    '%s, registrants writable: %s, change requests: %o',
    (mode, writesRegistrants, requests, expected) => {
      const inForce = modeInForce(
        { mode, byEventType: {} },
        { writesRegistrants, changeRequests: requests },
        'death',
      );
      expect(inForce.kind === 'wait' ? inForce.reason : inForce.kind).toBe(expected);
    },
  );

  it('an event type may have a mode of its own', () => {
    const settings = { mode: 'auto', byEventType: { marriage: 'record' } } as const;
    const openspp = { writesRegistrants: true, changeRequests: usable };
    expect(modeInForce(settings, openspp, 'marriage')).toEqual({ kind: 'record' });
    expect(modeInForce(settings, openspp, 'death')).toEqual({ kind: 'direct' });
  });

  it('is auto unless somebody sets another', () => {
    expect(loadSettings({}).apply).toEqual({ mode: 'auto', byEventType: {}, pollMs: 60_000 });
  });
});
