import { DciError, type DciErrorCode } from '../dci/errors.ts';
import { answerOf } from '../http/http-error.ts';
import { loggableField } from '../http/loggable-field.ts';

/**
 * Why something was not taken, in one typed value: what is counted, logged, kept in the inbox, and, but for the reason,
 * answered. It holds nothing that the sender wrote.
 */
export interface Refusal {
  /** The code that the sender sees. */
  code: DciErrorCode;
  /** A code that says it more closely, such as `signature.mismatch`; the sender's code where there is none. */
  reason: string;
  /** The field at fault; null where it is the whole message, or where its name may be the sender's own words. */
  field: string | null;
  /** What the sender is asked to do, for the log: not every system looks at its answers. Null where `field` is hidden. */
  fix: string | null;
  /** The HTTP status of the answer. */
  status: number;
}

/** The refusal that an error means; an unknown error is a failure of the bridge. */
export function refusalOf(error: unknown): Refusal {
  const { code, status, message } = answerOf(error);
  const sent = error instanceof DciError ? error.field : null;
  const field = loggableField(sent);
  return {
    code,
    reason: (error as { reason?: string }).reason ?? code,
    field,
    fix: field === sent ? message : null,
    status,
  };
}
