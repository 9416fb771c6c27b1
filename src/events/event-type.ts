import type { VitalEventType } from './vital-event.ts';

const TYPES: Readonly<Record<string, VitalEventType>> = {
  birth: 'birth',
  livebirth: 'birth',
  death: 'death',
  marriage: 'marriage',
  divorce: 'divorce',
};

/**
 * Reads an event type such as `DEATH` or `spdci-common:RegistryEventType:LiveBirth`: the last part after `:` or `#`,
 * in any letter case.
 *
 * @returns null for an event that OpenSPP has no type for, such as a foetal death or an adoption
 */
export function eventTypeOf(text: string): VitalEventType | null {
  const last = text.split(/[:#]/).at(-1)?.trim().toLowerCase() ?? '';
  return Object.hasOwn(TYPES, last) ? (TYPES[last] ?? null) : null;
}

/** What a sender is told of the types that there are. */
export const KNOWN_TYPES = 'Birth, LiveBirth, Death, Marriage or Divorce';
