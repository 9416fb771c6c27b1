import { type KeyObject, randomUUID } from 'node:crypto';
import type { AlgorithmName } from '../../src/dci/algorithms.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { nodeOf, printEnvelope, signHttpSignature } from '../../src/dci/sign.ts';

/** Who signs, and how. */
export interface Signing {
  senderId: string;
  algorithm: AlgorithmName;
  privateKey: KeyObject;
}

const EVENTS = [
  ['LiveBirth', 'birth_date', 'BRN'],
  ['Death', 'death_date', 'DRN'],
  ['Marriage', 'marriage_date', 'MRN'],
  ['Divorce', 'divorce_date', 'MRN'],
] as const;
const DAYS = 8000;
const FIRST_DAY = Date.UTC(2000, 0, 1);

/**
 * A signed notification in SPDCI's dialect, as large as a registry's usual one (1.2 kB).
 *
 * @param number makes it distinct: no two numbers give the same event
 * @param uins the registrants that the events are spread over
 */
export async function notification(
  number: number,
  uins: readonly string[],
  signing: Signing,
): Promise<string> {
  const [type, dated, numbered] = EVENTS[number % EVENTS.length] ?? EVENTS[0];
  const person = number % uins.length;
  // The same registrant comes again with the same type, so each time with another date.
  const day = (person + Math.floor(number / uins.length)) % DAYS;
  const date = new Date(FIRST_DAY + day * 86_400_000).toISOString().slice(0, 10);
  const now = new Date();
  const content = {
    header: nodeOf({
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: now.toISOString(),
      action: 'notify',
      sender_id: signing.senderId,
      sender_uri: 'https://crvs.example.org/dci/callback',
      receiver_id: 'openspp',
      total_count: 1,
      is_msg_encrypted: false,
    }) as JsonObject,
    message: nodeOf({
      transaction_id: randomUUID(),
      notify_event: [
        {
          reference_id: randomUUID(),
          timestamp: now.toISOString(),
          data: {
            version: '1.0.0',
            reg_type: 'spdci-extensions-dci:RegistryType:Civil',
            reg_event_type: `spdci-common:RegistryEventType:${type}`,
            reg_record_type: 'Person',
            reg_records: [
              {
                identifier: [
                  { identifier_type: 'UIN', identifier_value: uins[person] ?? '' },
                  { identifier_type: numbered, identifier_value: `${numbered}-${date}-${number}` },
                ],
                name: { given_name: 'Zeynep Ñusta', surname: `Quispe ${person}` },
                sex: 'female',
                [dated]: date,
                address: {
                  address_line1: `${person} Calle del Río`,
                  locality: 'San Aurelio',
                  country_code: 'XX',
                },
              },
            ],
          },
          locale: 'eng',
        },
      ],
    }) as JsonObject,
  };
  const created = Math.floor(now.getTime() / 1000);
  const signature = await signHttpSignature(content, {
    ...signing,
    keyId: 'key-1',
    created,
    expires: created + 12 * 3600,
  });
  return printEnvelope(signature, content);
}
