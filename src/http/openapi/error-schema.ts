import * as z from 'zod';
import { DCI_ERROR_STATUS, type DciErrorCode, MAX_ERROR_MESSAGE_LENGTH } from '../../dci/errors.ts';

const CODES = Object.keys(DCI_ERROR_STATUS) as [DciErrorCode, ...DciErrorCode[]];

/** An acknowledgement (SPDCI CRVS API v1.0.0, `Response`), as `src/dci/ack.ts` makes it. */
const acknowledgement = {
  timestamp: z.iso.datetime(),
  correlation_id: z.string().describe('Of the message, the same in every answer to it; else of the request.'),
};

const errorMember = z.object({
  code: z.enum(CODES),
  message: z
    .string()
    .max(MAX_ERROR_MESSAGE_LENGTH)
    .describe('Says which field is at fault and how to fix it, and quotes no value.'),
});

/** The message was taken. */
export const acknowledged = z.object({
  message: z.object({
    ack_status: z.enum(['ACK', 'NACK']),
    ...acknowledgement,
    error: errorMember
      .optional()
      .describe('Of a message with several records: how many could not be read. The others are kept.'),
  }),
});

/** What every route answers where it cannot do what it is asked. */
export const errorSchema = z
  .object({
    message: z.object({
      ack_status: z.literal('ERR'),
      ...acknowledgement,
      error: errorMember,
    }),
  })
  .meta({ id: 'Error', description: 'The SPDCI acknowledgement of something that was not done.' });
