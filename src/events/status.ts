import type { JsonObject } from '../dci/json.ts';

/** Members in which registries say whether a registration is in force. */
const MEMBERS = ['status', 'registration_status', 'registrationStatus', 'record_status', 'recordStatus'];

/**
 * Words for a registration that was taken back, or never came into force; without separators. Not among them are words
 * that may be about the person (`inactive`, `archived`, `deregistered`), as of somebody who has died.
 */
const NOT_IN_FORCE: ReadonlySet<string> = new Set([
  ...[
    'cancelled',
    'canceled',
    'cancellation',
    'revoked',
    'revocation',
    'void',
    'voided',
    'annulled',
    'annuled',
  ],
  ...[
    'nullified',
    'invalid',
    'invalidated',
    'enteredinerror',
    'deleted',
    'withdrawn',
    'retracted',
    'rescinded',
  ],
  ...['notinforce', 'rejected', 'draft'],
]);

/** A member of a record that says so, in the spelling of any registry; anything else is in force without a closer look. */
const HINT =
  /cancel|revo[ck]|void|annul|nullif|invalid|entered.?in.?error|delet|withdr|retract|rescind|not.?in.?force|reject|draft/i;

/** Whether a text may say that a registration is not in force: a quick look before it is read. */
export function mayBeRevoked(text: string): boolean {
  return HINT.test(text);
}

/** Whether this word says that a registration is not in force. */
export function isNotInForce(word: unknown): boolean {
  return typeof word === 'string' && NOT_IN_FORCE.has(word.toLowerCase().replaceAll(/[^a-z]/g, ''));
}

/** Whether a record says of itself that its registration is not in force. */
export function isRevoked(record: JsonObject): boolean {
  return MEMBERS.some((name) => isNotInForce(record.get(name)));
}
