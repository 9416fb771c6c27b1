import type { OdooException } from '../errors.ts';

/** Where a real server shows its stack; the sandbox has none to show. */
export function traceback(error: OdooException): string {
  const name = error.odooName.replace(/^builtins\./, '');
  const status = error.kind === 'http' ? `${error.status} ${spaced(name)}: ` : '';
  return `Traceback (most recent call last):\n  (left out by the sandbox)\n${name}: ${status}${error.message}\n`;
}

/** What a failed call looks like in JSON-2, and as the `data` of JSON-RPC. */
export function serializeError(error: OdooException): object {
  return {
    name: error.odooName,
    message: error.message,
    arguments: error.arguments,
    context: {},
    debug: traceback(error),
  };
}

function spaced(name: string): string {
  return (name.split('.').at(-1) ?? '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
}
