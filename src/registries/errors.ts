import { CodedError } from '../lib/coded-error.ts';

/**
 * What keeps a registry from being asked at all.
 *
 * `source.unknown`, `source.incomplete`, `source.wrong_type`, `source.key`: a data source that an operator must fix.
 * `registrant.unknown`, `registrant.no_identifiers`: whom it is about cannot be named to the registry.
 * `openspp.not_connected`, `openspp.no_model`: OpenSPP is needed, and there is none, or not with that module.
 */
export type RegistriesErrorCode =
  | 'source.unknown'
  | 'source.incomplete'
  | 'source.wrong_type'
  | 'source.key'
  | 'registrant.unknown'
  | 'registrant.no_identifiers'
  | 'openspp.not_connected'
  | 'openspp.no_model';

/** `message` says what is missing and how to fix it; it names settings and internal ids, and no values. */
export class RegistriesError extends CodedError<RegistriesErrorCode> {
  override readonly name = 'RegistriesError';
}
