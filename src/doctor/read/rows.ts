import type { OdooClient } from '../../odoo/client.ts';
import { searchRead } from '../../odoo/orm.ts';
import { text } from '../../odoo/values.ts';
import { CIVIL_STATUS_NAMESPACE, ID_TYPE_NAMESPACE, type IdType, MODEL } from '../../openspp/vocabulary.ts';
import { JwksError } from '../../registry-keys/jwks-error.ts';
import { checkedJwksUrl, type UrlPolicy } from '../../registry-keys/url.ts';
import { type TrustedSender, trustedSender } from '../../senders/trusted-sender.ts';
import { type Answer, answerOf } from './answer.ts';
import type { ModelReadings } from './models.ts';

/** An active row of the CRVS Sender Registry, without its key. */
export interface SenderReading {
  senderId: string;
  /** Whether a key was entered, whatever it is worth. */
  hasKey: boolean;
  hasJwksUrl: boolean;
  /** Why keys are not even asked for at its JWKS URL; null where they are, or where it has none. */
  jwksUrlProblem: string | null;
  /** Why none of its messages can be verified with the key in its row; null where they can. */
  problem: TrustedSender['problem'];
}

/** The rows that decide what the bridge can do. */
export interface RowReadings {
  idTypes: Answer<readonly IdType[]>;
  /** Without deprecated ones, which are not used for anything new. */
  civilStatuses: Answer<readonly string[]>;
  /** The codes of the sequences that Odoo may take event names from. */
  sequences: Answer<readonly string[]>;
  senders: Answer<readonly SenderReading[]>;
}

/**
 * Reads vocabulary codes, sequences and senders.
 *
 * @param policyOf what the JWKS URL of a sender may be
 */
export async function readRows(
  client: OdooClient,
  models: ModelReadings,
  policyOf: (senderId: string) => UrlPolicy,
): Promise<RowReadings> {
  const hasDeprecated = models.code.fields.ok && models.code.fields.value.has('deprecated');
  const senderFields = models.sender.fields.ok ? models.sender.fields.value : null;
  return {
    idTypes: await answerOf(readIdTypes(client, hasDeprecated)),
    civilStatuses: await answerOf(readCivilStatuses(client, hasDeprecated)),
    sequences: await answerOf(readSequences(client)),
    senders: await answerOf(readSenderRows(client, senderFields?.has('jwks_url') ?? false, policyOf)),
  };
}

async function readIdTypes(client: OdooClient, hasDeprecated: boolean): Promise<IdType[]> {
  const fields = hasDeprecated ? ['code', 'deprecated'] : ['code'];
  const rows = await searchRead(client, MODEL.code, [['namespace_uri', '=', ID_TYPE_NAMESPACE]], fields);
  return rows.map((row) => ({
    id: row.id,
    code: text(row.code) ?? '',
    deprecated: row.deprecated === true,
  }));
}

async function readCivilStatuses(client: OdooClient, hasDeprecated: boolean): Promise<string[]> {
  const domain = [
    ['namespace_uri', '=', CIVIL_STATUS_NAMESPACE],
    ...(hasDeprecated ? [['deprecated', '=', false]] : []),
  ];
  const rows = await searchRead(client, MODEL.code, domain, ['code']);
  return rows.map((row) => text(row.code) ?? '');
}

async function readSequences(client: OdooClient): Promise<string[]> {
  const domain = [['code', '=like', `${MODEL.event}%`]];
  const rows = await searchRead(client, MODEL.sequence, domain, ['code']);
  return rows.map((row) => text(row.code) ?? '');
}

async function readSenderRows(
  client: OdooClient,
  jwks: boolean,
  policyOf: (senderId: string) => UrlPolicy,
): Promise<SenderReading[]> {
  const fields = ['sender_id', 'name', 'algorithm', 'public_key', ...(jwks ? ['jwks_url'] : [])];
  const rows = await searchRead(client, MODEL.sender, [['active', '=', true]], fields);
  return rows.map((row) => {
    const senderId = text(row.sender_id) ?? '';
    const publicKey = text(row.public_key);
    const { problem } = trustedSender({
      senderId,
      name: senderId,
      algorithm: text(row.algorithm),
      publicKey,
      // Only the key in the row is judged here: what is behind the URL, the bridge finds out.
      jwksUrl: null,
    });
    const url = text(row.jwks_url);
    const jwksUrlProblem = url === null ? null : urlProblem(url, policyOf(senderId));
    return { senderId, hasKey: publicKey !== null, hasJwksUrl: url !== null, jwksUrlProblem, problem };
  });
}

function urlProblem(url: string, policy: UrlPolicy): string | null {
  try {
    checkedJwksUrl(url, policy);
    return null;
  } catch (error) {
    if (error instanceof JwksError) return error.message;
    throw error;
  }
}
