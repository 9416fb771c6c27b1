import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { JsonObject } from '../dci/json.ts';
import { nodeOf, printEnvelope, signHttpSignature } from '../dci/sign.ts';

/** A civil registry as the demo plays it: it has a key, signs notifications and posts them. */
export class CivilRegistry {
  readonly senderId: string;
  /** PEM, for OpenSPP's CRVS Sender Registry. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;

  constructor(senderId: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.senderId = senderId;
    this.privateKey = privateKey;
    this.publicKey = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** A signed notification with this message, as text. */
  async notification(message: unknown, privateKey: KeyObject = this.privateKey): Promise<string> {
    const content = {
      header: nodeOf({
        version: '1.0.0',
        message_id: randomUUID(),
        message_ts: new Date().toISOString(),
        action: 'notify',
        sender_id: this.senderId,
        receiver_id: 'openspp',
        total_count: 1,
        is_msg_encrypted: false,
      }) as JsonObject,
      message: nodeOf(message) as JsonObject,
    };
    const created = Math.floor(Date.now() / 1000);
    const signature = await signHttpSignature(content, {
      senderId: this.senderId,
      keyId: 'key-1',
      algorithm: 'ed25519',
      privateKey,
      created,
      expires: created + 300,
    });
    return printEnvelope(signature, content);
  }
}

/** What a bridge answered. */
export interface Answer {
  status: number;
  body: { event_id?: number | null; state?: string; message?: unknown };
}

/** What was sent, and what came back. */
export interface Sent {
  title: string;
  answer: Answer;
}

/** Posts a notification and waits until its events are settled. */
export async function post(url: string, body: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'wait=20' },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
