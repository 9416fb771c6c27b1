import * as z from 'zod';

/**
 * DCI messages as SPDCI's CRVS API v1.0.0 and OpenSPP write them, for the document alone: the routes read them by
 * `src/dci/` and `src/events/`, which take more than the specification says and answer with the field at fault.
 */
const text = z.string();
const time = z.iso.datetime({ offset: true });

const header = z
  .looseObject({
    version: text.optional().describe('1.0.0'),
    message_id: text.min(1).max(255).describe('New for every message; a repeat gets the first answer again.'),
    message_ts: time,
    action: text.min(1).max(255).describe('`notify`; on the routes for answers `on-search` and so on.'),
    sender_id: text.min(1).max(255).describe('As registered in OpenSPP under CRVS Sender Registry.'),
    sender_uri: z.url().optional(),
    receiver_id: text.optional(),
    total_count: z.int().optional(),
    is_msg_encrypted: z.boolean().optional(),
    meta: z.looseObject({}).optional(),
  })
  .meta({ id: 'DciHeader' });

const opensppMessage = z
  .looseObject({
    event_type: text.describe('BIRTH, DEATH, MARRIAGE or DIVORCE.'),
    event_date: z.iso.date().optional(),
    identifiers: z
      .array(z.looseObject({ type: text.describe('Such as UIN, BRN, DRN, MRN.'), value: text }))
      .describe('Of the person, all that are known.'),
    person: z.looseObject({}).optional(),
  })
  .meta({ id: 'OpensppNotification', description: 'OpenSPP’s own dialect: one event of one person.' });

const record = z.looseObject({
  identifier: z.array(z.looseObject({ identifier_type: text, identifier_value: text })).optional(),
  name: z.looseObject({ given_name: text.optional(), surname: text.optional() }).optional(),
  birth_date: text.optional(),
  death_date: text.optional(),
  marriage_date: text.optional(),
  divorce_date: text.optional(),
});
const spdciMessage = z
  .looseObject({
    transaction_id: text,
    notify_event: z.array(
      z.looseObject({
        reference_id: text,
        timestamp: time,
        data: z.looseObject({
          version: text.optional(),
          reg_type: text.optional(),
          reg_event_type: text.describe(
            'Such as spdci-common:RegistryEventType:LiveBirth; the last part counts.',
          ),
          reg_record_type: text.optional(),
          reg_records: z.union([z.array(record), record]),
        }),
        locale: text.optional(),
      }),
    ),
  })
  .meta({
    id: 'SpdciNotification',
    description: 'SPDCI CRVS API v1.0.0: each record is an event of its own.',
  });

const sealed = z
  .looseObject({
    header: z
      .looseObject({ alg: z.literal('RSA-OAEP-256'), enc: z.literal('A256GCM'), kid: text })
      .optional(),
    protected: text.optional().describe('The same header, in base64url.'),
    encrypted_key: text,
    iv: text,
    ciphertext: text,
    tag: text,
  })
  .meta({
    id: 'SealedMessage',
    description: 'A flattened JWE to a key of /.well-known/jwks.json; the header says is_msg_encrypted.',
  });

const signature = text
  .optional()
  .describe(
    'Over header and message: the HTTP signature form of the specification, or a JWS. Without it, a message is refused.',
  );

/** A notification in an envelope. */
export const notification = z
  .looseObject({ signature, header, message: z.union([opensppMessage, spdciMessage, sealed]) })
  .meta({ id: 'Notification' });

/** An answer to a question that was asked asynchronously. */
export const callback = z
  .looseObject({
    signature,
    header: header.extend({
      status: z.enum(['rcvd', 'pdng', 'succ', 'rjct']).optional(),
      status_reason_code: text.optional(),
      status_reason_message: text.optional(),
      completed_count: z.int().optional(),
    }),
    message: z.union([z.looseObject({ transaction_id: text.optional() }), sealed]),
  })
  .meta({ id: 'Callback' });

/** A death in OpenSPP's own dialect, without its signature: `crvs-bridge sign` writes a whole one. */
export const NOTIFICATION_EXAMPLE = {
  signature:
    'Signature: namespace="dci", kidId="crvs.example|key-1|ed25519", algorithm="ed25519", signature="..."',
  header: {
    version: '1.0.0',
    message_id: '3f0c8a54-1f0f-4d07-9a53-6a0b6f8f7a11',
    message_ts: '2026-11-21T05:05:21Z',
    action: 'notify',
    sender_id: 'crvs.example',
    total_count: 1,
  },
  message: {
    event_type: 'DEATH',
    event_date: '2026-11-19',
    identifiers: [
      { type: 'DRN', value: '0001/2026' },
      { type: 'UIN', value: '1234567890' },
    ],
  },
};
