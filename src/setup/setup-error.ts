/** What keeps an OpenSPP from being set up; `message` says how to mend it, and holds no secret. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code = 'setup.impossible';
}
