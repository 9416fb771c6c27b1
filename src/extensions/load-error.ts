/** An extension that the bridge cannot start with; `message` names it and the member at fault. */
export class ExtensionLoadError extends Error {
  override readonly name = 'ExtensionLoadError';
}
