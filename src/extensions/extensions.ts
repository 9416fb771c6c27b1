import type { Logger } from 'pino';
import type { NotificationReader } from '../events/read-events.ts';
import type { VitalEventType } from '../events/vital-event.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import type { BatchHooks } from '../openspp/hooks.ts';
import type { Rule } from '../openspp/rules/rule.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { readerWith } from './dialects.ts';
import { hooksOf } from './hooks.ts';
import { type LoadedExtension, loadExtensions } from './load.ts';
import { missingFields } from './needs.ts';
import { rulesWith } from './rules.ts';
import { catchExtensionErrors } from './uncaught-errors.ts';

/** A country's extensions, as the parts of the bridge take them. */
export interface Extensions {
  readNotification: NotificationReader;
  rules: Readonly<Record<VitalEventType, Rule>>;
  /** Undefined where none of them has a part in the delivery. */
  hooks: BatchHooks | undefined;
  /** Warns of fields that this OpenSPP does not have; says nothing where it cannot be asked now. */
  warnOfMissingFields(capabilities: Pick<CapabilityCache, 'get'>): Promise<void>;
  stop(): void;
}

/**
 * Loads the extensions that the configuration names.
 *
 * @param limitMs milliseconds that a hook may take
 * @param reader reads the dialects of the bridge and its connectors
 * @throws {ExtensionLoadError} where one cannot be used
 */
export async function startExtensions(
  modules: readonly string[],
  limitMs: number,
  rules: Extensions['rules'],
  log: Logger,
  reader: NotificationReader,
): Promise<Extensions> {
  return withExtensions(await loadExtensions(modules), limitMs, rules, log, reader);
}

/** The same, of extensions that are loaded. */
export function withExtensions(
  loaded: readonly LoadedExtension[],
  limitMs: number,
  rules: Extensions['rules'],
  log: Logger,
  reader: NotificationReader,
): Extensions {
  const extensions = loaded.map(({ extension }) => extension);
  for (const { name } of extensions) log.info({ extension: name }, 'an extension is in force');
  const stop = catchExtensionErrors(loaded, log);
  return {
    readNotification: readerWith(extensions, log, reader),
    rules: rulesWith(rules, extensions, log),
    hooks: hooksOf(extensions, { limitMs, log }) ?? undefined,
    async warnOfMissingFields(capabilities) {
      if (extensions.length === 0) return;
      // Odoo may be down: then doctor, and the notes of events, say so.
      const openspp = await capabilities.get().catch(() => null);
      if (!openspp) return;
      for (const { extension, model, field } of missingFields(extensions, openspp)) {
        log.warn(
          { extension, model: MODEL[model], field },
          'an extension uses a field that this OpenSPP does not have; an administrator can add it',
        );
      }
    },
    stop,
  };
}
