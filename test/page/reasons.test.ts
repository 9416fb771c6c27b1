import { expect, it } from 'vitest';
import { REVOKED } from '../../src/inbox/event-actions.ts';
import { FUTURE_DATE, WAITS_FOR_PEOPLE } from '../../src/openspp/apply-mode.ts';
import { EVENT_REASONS } from '../../src/openspp/reasons.ts';
import { LANGUAGES } from '../../src/page/texts/index.ts';

it.each(Object.values(LANGUAGES))('every reason has a text in $name', ({ why }) => {
  expect(Object.keys(why)).toEqual(
    expect.arrayContaining([...EVENT_REASONS, ...WAITS_FOR_PEOPLE, FUTURE_DATE, REVOKED]),
  );
});
