import { OdooException, pythonError } from '../errors.ts';
import type { Origin } from '../orm/environment.ts';
import { traceback } from './debug.ts';
import { originOf } from './origin.ts';
import type { Services } from './services.ts';
import { encodeFault, encodeResponse, parseCall, XmlSyntaxError } from './xmlrpc-codec.ts';

/** How faults are coded: numbers on `/xmlrpc/2/`, texts on the old addresses. */
export type FaultStyle = 'numbers' | 'texts';

/** Answers a call of one service: always 200, with a result or a fault. */
export async function answerXmlRpc(
  request: Request,
  service: string,
  services: Services,
  style: FaultStyle,
): Promise<Response> {
  const body = await request.text();
  return new Response(answer(body, service, services, style, originOf(request)), {
    headers: { 'content-type': 'text/xml; charset=utf-8' },
  });
}

function answer(
  body: string,
  service: string,
  services: Services,
  style: FaultStyle,
  origin: Origin,
): string {
  try {
    const { method, params } = parseCall(body);
    return encodeResponse(services.dispatch(service, method, params, origin));
  } catch (error) {
    const known = asException(error);
    return style === 'numbers' ? numberedFault(known) : textFault(known);
  }
}

function asException(error: unknown): OdooException {
  if (error instanceof OdooException) return error;
  if (error instanceof XmlSyntaxError) return pythonError('xml.parsers.expat.ExpatError', error.message);
  throw error;
}

const CODES: Readonly<Partial<Record<OdooException['kind'], number>>> = {
  validation: 2,
  user: 2,
  missing: 2,
  denied: 3,
  access: 4,
};

function numberedFault(error: OdooException): string {
  const code = CODES[error.kind];
  return code === undefined ? encodeFault(1, traceback(error)) : encodeFault(code, error.message);
}

const WARNINGS: Readonly<Partial<Record<OdooException['kind'], string>>> = {
  validation: 'UserError',
  user: 'UserError',
  missing: 'MissingError',
  access: 'AccessError',
};

function textFault(error: OdooException): string {
  if (error.kind === 'denied') return encodeFault('AccessDenied', error.message);
  const warning = WARNINGS[error.kind];
  if (warning === undefined) return encodeFault(error.message, traceback(error));
  return encodeFault(`warning -- ${warning}\n\n${error.message}`, '');
}
