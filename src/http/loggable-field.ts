/**
 * Members of the schemas that messages come in. Where the body is no JSON, a path may hold whatever the sender has for
 * keys, so that only a path made of these may be logged.
 */
const MEMBERS = [
  ...['signature', 'header', 'message', 'body', 'event', 'topic', 'actions', 'version', 'message_id'],
  ...['message_ts', 'action', 'sender_id', 'receiver_id', 'is_msg_encrypted', 'event_type', 'event_date'],
  ...['identifier', 'identifiers', 'type', 'value', 'name', 'identifier_type', 'identifier_value'],
  ...['notify_event', 'data', 'reg_event_type', 'reg_records', 'birth_date', 'death_date', 'marriage_date'],
  ...['divorce_date', 'birthDate', 'deathDate', 'marriageDate', 'divorceDate', 'birthdate', 'deathdate'],
  ...['marriagedate', 'divorcedate', 'unprotected', 'protected', 'alg', 'enc', 'kid', 'zip', 'crit', 'iv'],
  ...[
    'tag',
    'ciphertext',
    'encrypted_key',
    'aad',
    'recipients',
    'hub',
    'context',
    'entry',
    'Patient',
    'Task',
  ],
  ...['deceasedDateTime', 'credential', 'dataShareUri', 'id', 'status', 'createdAt', 'originalActionId'],
  ...['requestId', 'declaration', 'registrationNumber', 'related_persons'],
];
const PATH = new RegExp(`^(?:${MEMBERS.join('|')})(?:\\.(?:${MEMBERS.join('|')})|\\[\\d+\\])*$`);

/** The path of a field where it is made of members of the schemas; null for any other, which may hold personal data. */
export function loggableField(field: string | null): string | null {
  return field !== null && PATH.test(field) ? field : null;
}
