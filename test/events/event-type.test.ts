import { describe, expect, it } from 'vitest';
import { eventTypeOf } from '../../src/events/event-type.ts';

describe('eventTypeOf', () => {
  it.each([
    ['Birth', 'birth'],
    ['BIRTH', 'birth'],
    ['LiveBirth', 'birth'],
    ['spdci-common:RegistryEventType:LiveBirth', 'birth'],
    ['ns:org:RegistryEventType:Birth', 'birth'],
    ['https://example.org/types#livebirth', 'birth'],
    ['Death', 'death'],
    ['ocrvs:event:DEATH', 'death'],
    ['a#b:death', 'death'],
    ['a:b#death', 'death'],
    ['Marriage', 'marriage'],
    ['x:marriage', 'marriage'],
    ['Divorce', 'divorce'],
    [' divorce ', 'divorce'],
  ])('%s is a %s', (text, type) => {
    expect(eventTypeOf(text)).toBe(type);
  });

  it.each([
    'FoetalDeath',
    'Foetal Death',
    'Annulment',
    'Adoption',
    'Legitimation',
    'Recognition',
    'JudicialSeparation',
    'Death:',
    'death/birth',
    'births',
    '',
    ':',
    'toString',
    'constructor',
    '__proto__',
  ])('%j is none of OpenSPP’s', (text) => {
    expect(eventTypeOf(text)).toBeNull();
  });
});
