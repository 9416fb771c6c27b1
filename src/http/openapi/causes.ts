/** What causes a status on a route, for the document. Each is a member of `RouteDescription.errors`. */
type Causes = Readonly<Record<number, string>>;

/** Of a route that reads or writes the inbox. */
export const INBOX_CAUSES: Causes = { 503: 'The inbox cannot be read or written now. Try again later.' };

/** Of every route that messages of registries come by. */
export const INTAKE_CAUSES: Causes = {
  400: 'The message cannot be read. The error names the field, and quotes no value.',
  401: 'The signature is missing, does not verify, is too old, or is of a sender or key that the bridge does not know.',
  413: 'The body is larger than server.max_body_bytes.',
  415: 'The Content-Type is another than the one that this route takes, or the body is compressed.',
  503: 'The inbox cannot be written, or the senders or their keys are not read yet. Send it again after `Retry-After`.',
};

/** Of the intake routes whose messages have an id and a sender with limits of its own. */
export const LIMITED_CAUSES: Causes = {
  409: 'The same sender used this message id before, with another content.',
  429: 'The sender sends more than its rate_per_minute. Send it again after `Retry-After`.',
};

/** Of a route that asks a registry, about somebody in OpenSPP or by an identifier. */
export const ASKING_CAUSES: Causes = {
  404: 'There is no registry of this code, or no registrant of this id.',
  422: 'The registrant has no identifier that this registry knows, or the source is a registry of another kind.',
  502: 'The registry or Odoo refused, or its answer cannot be read. Trying again does not help.',
  503: 'The registry or Odoo cannot be reached now. Try again later.',
  504: 'The registry did not answer in time.',
};
