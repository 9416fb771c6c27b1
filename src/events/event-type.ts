import { isJsonObject, type JsonNode } from '../dci/json.ts';
import { identifierText } from '../dci/json-plain.ts';
import type { VitalEventType } from './vital-event.ts';

/** Names, and the codes of the standard's list of vital events. */
const TYPES: ReadonlyMap<string, VitalEventType> = new Map([
  ['birth', 'birth'],
  ['livebirth', 'birth'],
  ['1', 'birth'],
  ['death', 'death'],
  ['2', 'death'],
  ['marriage', 'marriage'],
  ['4', 'marriage'],
  ['divorce', 'divorce'],
]);

/** A death before birth, however its name is parted: it is nobody's death that OpenSPP could have registered. */
const BEFORE_BIRTH = /f(?:o)?etal|f(?:o)?etus|stillb/;

/**
 * Reads an event type such as `DEATH`, `spdci-common:RegistryEventType:LiveBirth` or `live_birth`: the last part after
 * `:` or `#`, in any letter case, with or without separators in it.
 *
 * @returns null for an event that OpenSPP has no type for, such as a foetal death or an adoption
 */
export function eventTypeOf(text: string): VitalEventType | null {
  const lower = text.toLowerCase();
  if (BEFORE_BIRTH.test(lower.replaceAll(/[^a-z]/g, ''))) return null;
  const last = lower.split(/[:#]/).at(-1)?.trim() ?? '';
  return TYPES.get(last.replaceAll(/[\s_-]+/g, '')) ?? null;
}

/** The text of an event type: a string, a code that was sent as a number, or `{"namespace", "value"}`; else null. */
export function eventTypeText(node: JsonNode | undefined): string | null {
  if (node === undefined || node === null) return null;
  const text = identifierText(isJsonObject(node) ? (node.get('value') ?? null) : node);
  return text === null || text.trim() === '' ? null : text;
}

/** The types that there are, for senders. */
export const KNOWN_TYPES = 'Birth, LiveBirth, Death, Marriage or Divorce';
