import type { Auth } from '../dci/client/auth.ts';
import { RegistriesError } from './errors.ts';
import type { FoundSource, Source } from './source.ts';

/**
 * A source with all that it takes to ask it.
 *
 * @throws {RegistriesError} `source.incomplete`, naming the first setting that is missing
 */
export function completeSource(found: FoundSource): Source {
  const { code } = found;
  const need: Need = (value, setting, field) =>
    value ?? missing(`sources.${code}.${setting} is not set${inOpenspp(field)}`);
  const baseUrl = checkedAddress(need(found.baseUrl, 'base_url', 'base_url'), code, 'base_url');
  return {
    ...found,
    name: found.name ?? code,
    baseUrl,
    dialect: found.dialect ?? 'spdci',
    senderId: need(found.senderId, 'sender_id', 'our_sender_id'),
    // As OpenSPP does.
    receiverId: found.receiverId ?? baseUrl,
    auth: authOf(found, baseUrl, need),
  };
}

type Need = (value: string | undefined, setting: string, field: string) => string;

function authOf(found: FoundSource, baseUrl: string, need: Need): Auth {
  const { code } = found;
  const secret = (value: string | undefined, setting: 'client_secret' | 'bearer_token' | 'password') =>
    value ??
    missing(
      `sources.${code}.${setting} (SOURCE_${code.toUpperCase()}_${setting.toUpperCase()}) is not set; OpenSPP shows ` +
        'its secrets to administrators only, so the bridge must be given it',
    );
  switch (found.authType) {
    case undefined:
      return missing(`sources.${code}.auth_type is not set: none, bearer, basic or oauth2`);
    case 'none':
      return { type: 'none' };
    case 'bearer':
      return {
        type: 'bearer',
        token: headerText(secret(found.bearerToken, 'bearer_token'), code, 'bearer_token'),
      };
    case 'basic': {
      const username = need(found.username, 'username', '');
      return { type: 'basic', username, password: secret(found.password, 'password') };
    }
    case 'oauth2':
      return {
        type: 'oauth2',
        tokenUrl: checkedAddress(found.tokenUrl ?? `${baseUrl}/oauth2/client/token`, code, 'token_url'),
        clientId: need(found.clientId, 'client_id', 'oauth2_client_id'),
        clientSecret: secret(found.clientSecret, 'client_secret'),
        scope: found.scope,
        location: found.credentialLocation ?? 'body',
      };
  }
}

function checkedAddress(text: string, code: string, setting: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return missing(`sources.${code}.${setting} is no http or https address`);
  }
  if (url.username || url.password) {
    return missing(`sources.${code}.${setting} must not hold a user name or a password: set auth_type`);
  }
  return text.replace(/\/+$/, '');
}

function headerText(value: string, code: string, setting: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  return missing(`sources.${code}.${setting} must hold no spaces, line ends or letters beyond ASCII`);
}

const inOpenspp = (field: string) => (field === '' ? '' : `, nor ${field} of the data source in OpenSPP`);

function missing(message: string): never {
  throw new RegistriesError('source.incomplete', message);
}
