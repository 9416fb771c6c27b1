import * as z from 'zod';

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const text = z.string().min(1).nullable();

/** The settings for webhooks of an OpenCRVS 1.x: taking them, and subscribing to them. */
export const opencrvsWebhooksSchema = z
  .strictObject({
    sender_id: z.string().min(1).max(255),
    secrets: z.array(z.string().min(16, 'must have at least 16 characters')),
    gateway_url: address.nullable(),
    auth_url: address.nullable(),
    client_id: text,
    client_secret: text,
    // OpenCRVS puts its own query in the place of any that is there.
    callback_url: address.refine((url) => !/[?#]/.test(url), 'must have no query').nullable(),
  })
  .transform(({ sender_id, secrets, ...gateway }) => ({ senderId: sender_id, secrets, gateway }));
