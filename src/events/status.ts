import { JsonNumber, type JsonObject } from '../dci/json.ts';
import { readDate } from './dates.ts';

/** Members in which registries say whether a registration is in force, without separators and letter case. */
const MEMBERS: ReadonlySet<string> = new Set([
  'status',
  'regstatus',
  'registrationstatus',
  'recordstatus',
  'eventstatus',
]);
/** Members that may hold these. */
const PARTS: ReadonlySet<string> = new Set(['registration', 'record']);

/**
 * Parts of words for a registration that was taken back, or never came into force; without separators. Not among them are
 * words that may be about the person (`inactive`, `archived`, `deregistered`), as of somebody who has died.
 */
const NOT_IN_FORCE = [
  ...['cancel', 'revok', 'revoc', 'void', 'annul', 'nullif', 'invalid', 'enteredinerror', 'delet'],
  ...['withdraw', 'withdrew', 'retract', 'rescind', 'notinforce'],
  // French, Spanish and Portuguese, where these differ.
  ...['revoqu', 'revog', 'anul', 'supprim'],
];
/** Words that count alone: as a part of others they may be about a step, such as a correction that was rejected. */
const WHOLE_WORDS: ReadonlySet<string> = new Set(['rejected', 'draft']);

/** Members that are true, or have a date, where a registration was taken back; without separators and letter case. */
const TAKEN_BACK =
  /^(?:is|was)?(?:cancell?ed|revoked|void(?:ed)?|annulled|withdrawn|deleted|invalid(?:ated)?|retracted|rescinded|enteredinerror)(?:at|on|date|flag)?$|^(?:cancell?ation|revocation)date$/;

/** Whether a text may say that a registration is not in force: a quick look before it is read. */
export function mayBeRevoked(text: string): boolean {
  const letters = lettersOf(text);
  return [...NOT_IN_FORCE, ...WHOLE_WORDS].some((word) => letters.includes(word));
}

/** How words are compared: their letters alone, since registries separate them in every way. */
function lettersOf(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
}

/**
 * Whether a value says that a registration is not in force: a word, a sentence, a code with its namespace, one of these
 * in a list, or an object with it as `value` or `code`.
 */
export function isNotInForce(value: unknown): boolean {
  if (typeof value === 'string') {
    const letters = lettersOf(value);
    const last = lettersOf(value.split(/[:#]/).at(-1) ?? '');
    return WHOLE_WORDS.has(last) || NOT_IN_FORCE.some((word) => letters.includes(word));
  }
  if (Array.isArray(value)) return value.some(isNotInForce);
  if (value instanceof Map) return isNotInForce(value.get('value')) || isNotInForce(value.get('code'));
  if (typeof value !== 'object' || value === null) return false;
  const { value: inner, code } = value as { value?: unknown; code?: unknown };
  return isNotInForce(inner) || isNotInForce(code);
}

/** What is known of members' names: the same ones come with every message. */
const KINDS = new Map<string, 'status' | 'part' | 'flag' | 'other'>();
const KINDS_LIMIT = 1000;

function kindOf(name: string): 'status' | 'part' | 'flag' | 'other' {
  const known = KINDS.get(name);
  if (known !== undefined) return known;
  const letters = lettersOf(name);
  const named = MEMBERS.has(letters) ? 'status' : PARTS.has(letters) ? 'part' : null;
  const kind = named ?? (TAKEN_BACK.test(letters) ? 'flag' : 'other');
  // A sender may make up names of any number and length.
  if (KINDS.size < KINDS_LIMIT && name.length <= 64) KINDS.set(name, kind);
  return kind;
}

/** Whether a record says of itself that its registration is not in force. */
export function isRevoked(record: JsonObject): boolean {
  return statusOf([...record]);
}

/** The same of a record as plain JavaScript has it. @returns the member that says so, or null */
export function revokedMember(record: Readonly<Record<string, unknown>>): string | null {
  return Object.entries(record).find((entry) => statusOf([entry]))?.[0] ?? null;
}

/** Whether a flag is set: anything but nothing, the usual words for no, and a date that stands for none. */
function isSet(value: unknown): boolean {
  const text =
    value instanceof JsonNumber ? value.text : typeof value === 'object' ? '' : String(value ?? '');
  if (/^(?:|false|f|no|non|n[aã]o|n|n\/a|0|null|none)$/i.test(text.trim())) return false;
  const date = readDate(text);
  return date.kind !== 'none' || date.why !== 'date.implausible';
}

function statusOf(members: readonly (readonly [string, unknown])[]): boolean {
  return members.some(([name, value]) => {
    const kind = kindOf(name);
    if (kind === 'status') return isNotInForce(value);
    if (kind === 'flag') return isSet(value);
    if (kind === 'other' || typeof value !== 'object' || value === null) return false;
    return statusOf(value instanceof Map ? [...value] : Object.entries(value));
  });
}
