import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../src/dci/sign.ts';
import { eventTypeOf, eventTypeText } from '../../src/events/event-type.ts';

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
    ['live_birth', 'birth'],
    ['live birth', 'birth'],
    ['event:live_birth', 'birth'],
    ['ns:dci:vital-events:v1:live_birth', 'birth'],
    ['1', 'birth'],
    ['2', 'death'],
    ['4', 'marriage'],
  ])('%s is a %s', (text, type) => {
    expect(eventTypeOf(text)).toBe(type);
  });

  it.each([
    'FoetalDeath',
    'Foetal Death',
    'foetal_death',
    'fetal-death',
    'fetaldeath',
    'foetal:death',
    'ns:dci:foetal#death',
    'stillbirth',
    'still_birth',
    '3',
    '5',
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

it.each([
  ['live_birth', 'live_birth'],
  [{ namespace: 'ns:dci:vital-events:v1', value: 'live_birth' }, 'live_birth'],
  [1, '1'],
  [{ value: 2 }, '2'],
  [null, null],
  ['', null],
  [true, null],
  [['death'], null],
  [{ namespace: 'x' }, null],
])('the text of %j is %j', (sent, text) => {
  expect(eventTypeText(nodeOf(sent as never))).toBe(text);
});
