import type { ApplySettings } from '../openspp/apply-mode.ts';
import type { Settings } from './schema.ts';

/** The settings of how changes are applied, in milliseconds. */
export function applySettings({ apply }: Pick<Settings, 'apply'>): ApplySettings {
  const byEventType = Object.entries(apply.by_event_type).filter(([, mode]) => mode !== undefined);
  return {
    mode: apply.mode,
    byEventType: Object.fromEntries(byEventType),
    pollMs: apply.poll_seconds * 1000,
  };
}
