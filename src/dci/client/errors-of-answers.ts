import { type Plain, textOf } from './plain.ts';

/** A message that does not answer what was asked; `message` names the member, and quotes nothing. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** An answer whose status is a refusal. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';
  readonly reasonCode: string | undefined;
  readonly reason: string | undefined;

  constructor(source: Plain) {
    super('rejected');
    this.reasonCode = textOf(source.status_reason_code) ?? undefined;
    this.reason = textOf(source.status_reason_message) ?? undefined;
  }
}

/** The registry has the request, and not the answer yet. */
export class PendingError extends Error {
  override readonly name = 'PendingError';
}
