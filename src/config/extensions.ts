import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';

/**
 * The modules of `extensions:` with their paths made absolute: what begins with `./` or `../` counts from `folder`, and
 * anything else that is no absolute path names a package. What is no list of texts is left for the schema to refuse.
 */
export function absoluteModules(modules: unknown, folder: string): unknown {
  if (!Array.isArray(modules)) return modules;
  return modules.map((module: unknown) => {
    if (typeof module !== 'string' || isAbsolute(module)) return module;
    if (/^\.\.?[/\\]/.test(module)) return resolve(folder, module);
    if (/\.[cm]?[jt]s$/.test(module)) {
      throw new ConfigError(
        `extensions: ${module} looks like a file; write ./ before it, or name a package without a file's ending`,
      );
    }
    return module;
  });
}

/** The modules of the variable EXTENSIONS: separated by commas; paths count from the working directory. */
export function modulesFromVariable(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const modules = text.split(',').map((one) => one.trim());
  return absoluteModules(
    modules.filter((one) => one !== ''),
    process.cwd(),
  );
}
