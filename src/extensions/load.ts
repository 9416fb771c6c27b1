import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkedExtension, checkTogether } from './check.ts';
import type { Extension } from './extension.ts';
import { placeOf } from './failure.ts';
import { ExtensionLoadError } from './load-error.ts';

/** An extension, and where it was loaded from. */
export interface LoadedExtension {
  extension: Extension;
  /** `file:` URL of its module. */
  url: string;
}

/**
 * Loads the modules that the configuration names, in its order, and checks what they export.
 *
 * @param modules absolute paths, or names of packages
 * @throws {ExtensionLoadError} naming the extension, and the member at fault
 */
export async function loadExtensions(modules: readonly string[]): Promise<LoadedExtension[]> {
  const loaded: LoadedExtension[] = [];
  for (const module of modules) {
    const url = urlOf(module);
    loaded.push({ extension: checkedExtension(await exportOf(module, url), module), url });
  }
  checkTogether(loaded.map(({ extension }) => extension));
  return loaded;
}

function urlOf(module: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve(module)).href;
  } catch (error) {
    throw new ExtensionLoadError(
      `extension ${module}: there is no such package (${codeOf(error)}); install it beside the bridge, or name a file, with ./ before it`,
    );
  }
}

async function exportOf(module: string, url: string): Promise<unknown> {
  try {
    const exported = (await import(/* @vite-ignore */ url)) as { default?: unknown };
    return exported.default;
  } catch (error) {
    throw new ExtensionLoadError(`extension ${module}: ${whyNot(error)}`);
  }
}

function whyNot(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return 'Node runs no TypeScript in node_modules; publish it as JavaScript, or name a file outside of it';
  }
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const place = placeOf(error);
  // The module's own words: nothing of a message or of a person is known yet.
  return `it cannot be loaded (${code}): ${message}${place === undefined ? '' : ` at ${place}`}`;
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'unknown');
}
