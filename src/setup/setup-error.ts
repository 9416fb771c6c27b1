/** What keeps an OpenSPP from being set up; `message` says how to fix it, and holds no secret. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code = 'setup.impossible';
}
