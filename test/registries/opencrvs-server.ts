import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { parseEnvelope } from '../../src/dci/envelope.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { keysFromJwks } from '../../src/dci/keys.ts';
import { nodeOf, printEnvelope, signJws } from '../../src/dci/sign.ts';
import { verifyEnvelope } from '../../src/dci/verify.ts';
import { pairOf } from '../dci/support.ts';
import { opencrvs2Problems, opencrvsProblems } from './opencrvs-schema.ts';

type Json = Record<string, unknown>;
interface Person {
  nid?: string;
  number?: string;
}

/** A registered event with the people in it. */
export interface Registered {
  event: 'birth' | 'death';
  subject: Person;
  mother?: Person;
  informant?: Person;
}

/**
 * OpenCRVS's DCI API server as it behaves when run from its public source: it verifies a signature only where the member
 * is there, with keys from `<sender_id>/.well-known/jwks.json`; it answers 500 to a bad one; it searches every role in a
 * record; its deaths have no date; it leaves out what found nothing.
 *
 * @param version 2 takes the requests of OpenCRVS 2, and gives its records
 */
export async function opencrvsServer(registered: readonly Registered[], version: 1 | 2 = 1) {
  const tokens = new Set<string>();
  const seen: Json[] = [];
  const tokenQueries: string[] = [];
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/oauth2/client/token') {
      tokenQueries.push(url.search);
      if (url.searchParams.get('client_secret') !== 'the-secret')
        return answer(401, { error: 'invalid_client' });
      const access_token = randomUUID();
      tokens.add(`Bearer ${access_token}`);
      // Without expires_in.
      return answer(200, { access_token, token_type: 'Bearer' });
    }
    if (!tokens.has(request.headers.authorization ?? ''))
      return answer(401, { error: { code: 401, message: 'no' } });
    const body = await text(request as IncomingMessage);
    const envelope = JSON.parse(body) as { header: Json; message: { search_request: Json[] } & Json };
    seen.push(envelope as unknown as Json);
    const problems = (version === 1 ? opencrvsProblems : opencrvs2Problems)(url.pathname, envelope);
    if (problems.length > 0) return answer(400, { error: { code: 400, message: problems.join('; ') } });
    // The member alone decides: an empty one is a bad signature.
    if ('signature' in envelope && !(await isSigned(body, envelope.header)))
      return answer(500, { error: { code: 500, message: 'Internal Server Error' } });
    return answer(200, await answered(envelope, registered, version));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, tokenQueries };
}

async function isSigned(body: string, { sender_id }: Json): Promise<boolean> {
  try {
    const response = await fetch(`${sender_id}/.well-known/jwks.json`);
    const { keys } = keysFromJwks(await response.json());
    const sender = { senderId: String(sender_id), keys };
    const now = Math.floor(Date.now() / 1000);
    return (await verifyEnvelope(parseEnvelope(Buffer.from(body)), sender, { now })).ok;
  } catch {
    return false;
  }
}

async function answered(
  { header, message }: { header: Json; message: { search_request: Json[] } & Json },
  registered: readonly Registered[],
  version: 1 | 2,
): Promise<string> {
  const items = message.search_request.flatMap((request) => {
    const criteria = request.search_criteria as Json;
    const found = registered.filter((one) => isFound(one, criteria, version));
    const reg_records = found.map((one) => (version === 1 ? recordOf(one) : recordOf2(one)));
    const pagination = { page_number: 1, page_size: 5, total_count: found.length };
    const item = { reference_id: request.reference_id, status: 'succ', data: { reg_records }, pagination };
    return version === 1 && found.length === 0 ? [] : [item];
  });
  const content = {
    header: nodeOf({
      version: '1.0.0',
      message_id: header.message_id,
      message_ts: new Date().toISOString(),
      action: 'search',
      status: 'succ',
      total_count: items.reduce((sum, { data }) => sum + data.reg_records.length, 0),
      sender_id: header.sender_id,
      receiver_id: header.receiver_id,
    }) as JsonObject,
    message: nodeOf({
      transaction_id: message.transaction_id,
      correlation_id: randomUUID(),
      search_response: items,
    }) as JsonObject,
  };
  const { privateKey } = pairOf('rs256');
  return printEnvelope(await signJws(content, { algorithm: 'rs256', kid: 'theirs', privateKey }), content);
}

function isFound(one: Registered, criteria: Json, version: 1 | 2): boolean {
  const event = version === 1 ? String(criteria.reg_type).split(':').at(-1) : criteria.reg_event_type;
  if (one.event !== event) return false;
  // What it does not know it drops.
  if (criteria.query_type !== 'idtype-value') return true;
  const { type, value } = criteria.query as { type: string; value: string };
  if (type !== 'NID' && type !== 'UIN') return one.subject.number === value;
  const roles = version === 1 ? [one.subject, one.mother, one.informant] : [one.subject];
  return roles.some((person) => person?.nid === value);
}

const identifiers = ({ event, subject }: Registered, typed: (type: string, value: string) => Json) => [
  ...(subject.nid === undefined ? [] : [typed('NID', subject.nid)]),
  ...(subject.number === undefined ? [] : [typed(event === 'birth' ? 'BRN' : 'DRN', subject.number)]),
];

function recordOf(one: Registered): Json {
  const typed = (name: string, identifier: string) => ({ name, identifier });
  const mother = one.mother?.nid === undefined ? [] : [typed('NID', one.mother.nid)];
  return {
    identifier: identifiers(one, typed),
    ...(one.event === 'birth' ? { birthDate: '2020-01-06' } : { deathPlace: { '@type': 'Place' } }),
    relations: one.mother ? [{ '@type': 'spdci:Mother', identifier: mother }] : [],
  };
}

function recordOf2(one: Registered): Json {
  const typed = (identifier_type: string, identifier_value: string) => ({
    identifier_type,
    identifier_value,
  });
  return {
    '@type': 'CRVS_Person',
    identifiers: identifiers(one, typed),
    ...(one.event === 'birth' ? { birth_date: '2020-01-06' } : { death_place: 'loc' }),
    ...(one.mother?.nid === undefined ? {} : { parent1_identifier: typed('NID', one.mother.nid) }),
  };
}
