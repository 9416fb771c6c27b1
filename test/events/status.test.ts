import { expect, it } from 'vitest';
import { isNotInForce, mayBeRevoked } from '../../src/events/status.ts';

const SEPARATORS = ['', ' ', '  ', '-', '_', ' - ', '.', '/'];
const WORDS = [['entered', 'in', 'error'], ['not', 'in', 'force'], ['with', 'drawn'], ['revoked'], ['Void']];

it('the quick look sees whatever the closer one does', () => {
  for (const separator of SEPARATORS) {
    for (const parts of WORDS) {
      const word = parts.join(separator).toUpperCase();
      expect(isNotInForce(word), word).toBe(true);
      expect(mayBeRevoked(JSON.stringify({ message: { status: word } })), word).toBe(true);
    }
  }
  expect(mayBeRevoked('{"message":{"event_type":"DEATH","status":"registered"}}')).toBe(false);
});

it.each(['révoqué', 'Annulée', 'anulado', 'Anulação', 'revogado', 'supprimé'])('reads %s', (word) => {
  expect(isNotInForce(word)).toBe(true);
  expect(mayBeRevoked(JSON.stringify({ message: { status: word } }))).toBe(true);
});
