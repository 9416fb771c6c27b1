import { randomUUID } from 'node:crypto';

// Crockford's base 32: no letter that is read as a digit over the telephone.
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The reference of an event, such as `CRVS-DEATH-20261121031038-7K3F9QX2`: the look of the one that OpenSPP makes
 * where it has no sequence, but unique, where OpenSPP's is the same for all events of a second.
 *
 * @param type of the event
 * @param receivedAt milliseconds since the epoch, printed in UTC
 */
export function newReference(type: string, receivedAt: number): string {
  // 40 random bits, out of the pool that Node keeps for UUIDs: a call for random bytes of its own costs more than the
  // row's insert.
  let bits = Number.parseInt(randomUUID().replace('-', '').slice(0, 10), 16);
  let suffix = '';
  for (let letter = 0; letter < 8; letter += 1) {
    suffix += LETTERS[bits % 32];
    bits = Math.floor(bits / 32);
  }
  return `CRVS-${type.toUpperCase()}-${secondOf(receivedAt)}-${suffix}`;
}

let last = { second: Number.NaN, text: '' };

/** `YYYYMMDDhhmmss`; printed once a second, however many events come in it. */
function secondOf(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== last.second) {
    const text = new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
    last = { second, text };
  }
  return last.text;
}
