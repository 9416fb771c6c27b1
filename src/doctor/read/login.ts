import type { OdooClient, OdooProtocol } from '../../odoo/client.ts';
import { read } from '../../odoo/orm.ts';
import { text } from '../../odoo/values.ts';
import { type Answer, answerOf } from './answer.ts';

/** How the login went. */
export interface LoginReading {
  /** The protocol that was used. */
  protocol: OdooProtocol;
  uid: Answer<number>;
  /** Whether that user has the login that the settings name; null where it could not be read. */
  loginMatches: boolean | null;
}

/** Logs in. Over JSON-2 the key alone decides as whom, so that the login of the settings may be another's. */
export async function readLogin(client: OdooClient, login: string): Promise<LoginReading> {
  const uid = await answerOf(client.uid());
  if (!uid.ok) return { protocol: client.protocol, uid, loginMatches: null };
  const user = await answerOf(read(client, 'res.users', [uid.value], ['login']));
  const actual = user.ok ? text(user.value[0]?.login) : null;
  return { protocol: client.protocol, uid, loginMatches: actual === null ? null : actual === login };
}
