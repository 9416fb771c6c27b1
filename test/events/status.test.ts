import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/dci/json.ts';
import { nodeOf } from '../../src/dci/sign.ts';
import { isNotInForce, isRevoked, mayBeRevoked, revokedMember } from '../../src/events/status.ts';

const SEPARATORS = ['', ' ', '  ', '-', '_', ' - ', '.', '/'];
const WORDS = [['entered', 'in', 'error'], ['not', 'in', 'force'], ['with', 'drawn'], ['revoked'], ['Void']];

it('a flag or a date says that a registration was taken back, where it is set', () => {
  const records = [
    { cancelled: true },
    { isRevoked: 'Y' },
    { is_void: 1 },
    { registration: { deleted: true } },
    { revoked_at: '2024-12-01T08:00:00Z' },
    { cancellation_date: '2024-12-01' },
    { entered_in_error: 'true' },
  ];
  for (const record of records) {
    expect(isRevoked(nodeOf(record) as JsonObject), JSON.stringify(record)).toBe(true);
    expect(revokedMember(record)).not.toBeNull();
    expect(mayBeRevoked(JSON.stringify(record))).toBe(true);
  }
  const inForce = [
    { cancelled: false, revoked_at: null, is_void: 0, deleted: '', withdrawn: 'No', voided: '0' },
    { annulment_date: '2024-12-01', cancellation_reason: 'none', valid: true },
    {
      cancelled_at: '0000-00-00 00:00:00',
      revoked_on: '0001-01-01T00:00:00Z',
      voided: 'Não',
      annulled: 'non',
    },
  ];
  for (const record of inForce) {
    expect(isRevoked(nodeOf(record) as JsonObject)).toBe(false);
    expect(revokedMember(record)).toBeNull();
  }
});

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
