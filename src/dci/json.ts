/**
 * A number as it was sent. JavaScript's numbers lose what signatures need: `100.0` becomes `100`, and an integer above
 * 2^53 becomes its neighbour.
 */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A Map, so that no key (`__proto__`, `constructor`, `7`) means anything, and the order is the sender's. */
export type JsonObject = ReadonlyMap<string, JsonNode>;
export type JsonArray = readonly JsonNode[];
/** A JSON value, losing nothing of the text but white space and the spelling of strings. */
export type JsonNode = null | boolean | string | JsonNumber | JsonArray | JsonObject;

export function isJsonObject(node: JsonNode | undefined): node is JsonObject {
  return node instanceof Map;
}

export function isJsonArray(node: JsonNode | undefined): node is JsonArray {
  return Array.isArray(node);
}

/** Where in a JSON text something is: keys and indexes from the root. */
export type JsonPath = readonly (string | number)[];

export type JsonSyntaxErrorCode =
  /** Something else than JSON's grammar has here, or the end of the text too early. */
  | 'json.unexpected'
  | 'json.truncated'
  /** An unescaped control character in a string, or an escape that JSON does not have. */
  | 'json.bad_string'
  | 'json.bad_number'
  /** A key that its object had already, however spelled; the values may be equal. */
  | 'json.duplicate_key'
  | 'json.too_deep'
  | 'json.too_many_values'
  /** In one object. */
  | 'json.too_many_members';

const SENTENCES: Record<JsonSyntaxErrorCode, string> = {
  'json.unexpected': 'is not valid JSON',
  'json.truncated': 'ends before the JSON is complete',
  'json.bad_string': 'has a string with a bare control character or an unknown escape',
  'json.bad_number': 'has a number that JSON does not allow',
  'json.duplicate_key': 'has the same key twice in one object',
  'json.too_deep': 'is nested too deeply',
  'json.too_many_values': 'has more values than one message may have',
  'json.too_many_members': 'has more members in one object than it may have',
};

/** Text that is not acceptable JSON. `message` says the place and never quotes a value, so it is safe to log. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly code: JsonSyntaxErrorCode;
  /** The place in words, such as `message.identifiers[0].type`; empty for the root. */
  readonly path: string;
  /** Offset in the text, in UTF-16 code units. */
  readonly position: number;

  constructor(code: JsonSyntaxErrorCode, path: JsonPath, position: number) {
    const shown = showPath(path);
    super(`the text ${SENTENCES[code]}, at ${shown === '' ? '' : `${shown}, `}character ${position + 1}`);
    this.code = code;
    this.path = shown;
    this.position = position;
  }
}

/** What a schema's author would choose as a name; with it no registration number or name slips into a log as a key. */
const ORDINARY_KEY = /^(?!.*\d{3})[a-z_@$][\w@:.$-]{0,63}$/;

const MAX_STEPS_SHOWN = 20;

/** `message.identifiers[0].type`; a key that does not look like a field's name is shown as `[?]`. */
export function showPath(path: JsonPath): string {
  let shown = '';
  for (const step of path.slice(0, MAX_STEPS_SHOWN)) {
    // Empty: inside an object, before its first key.
    if (step === '') continue;
    if (typeof step === 'number') shown += `[${step}]`;
    else if (!ORDINARY_KEY.test(step)) shown += '[?]';
    else shown += shown === '' ? step : `.${step}`;
  }
  return path.length > MAX_STEPS_SHOWN ? `${shown}…` : shown;
}

export interface ParseOptions {
  /** How many arrays and objects may be in one another; 100 where left out. */
  maxDepth?: number;
  /** How many values there may be in all, objects, arrays and their members alike; 50,000 where left out. */
  maxValues?: number;
}

const MAX_DEPTH = 100;
/**
 * Above what an honest message of 1 MiB has (a name and a value take some 20 bytes), and below what sorting and
 * printing would hold up all others for: 100,000 keys of emoji take 0.1 s.
 */
const MAX_VALUES = 50_000;
/** Of one object: a record has some hundreds at most, and sorting costs more than in proportion. */
const MAX_MEMBERS = 2000;

/**
 * Reads a JSON text (RFC 8259) strictly. A byte order mark is not JSON and is refused; who reads bytes drops it.
 *
 * Why not `JSON.parse`: it loses numbers and keeps the last of two equal keys, so that what a signature covers and
 * what is read later could differ. Why not a library: those that keep numbers let equal duplicates pass.
 *
 * @throws {JsonSyntaxError} naming the place
 */
export function parseJson(text: string, options: ParseOptions = {}): JsonNode {
  return new Parser(text, options.maxDepth ?? MAX_DEPTH, options.maxValues ?? MAX_VALUES).document();
}

/** Python reads no longer integers (`sys.int_info`), and exact comparison of exponents stays cheap. */
const MAX_NUMBER_LENGTH = 4300;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Recursive descent; the depth bound keeps the stack safe. Past the end, `charCodeAt` gives NaN, which equals nothing. */
class Parser {
  private readonly text: string;
  private readonly maxDepth: number;
  private valuesLeft: number;
  private at = 0;
  private depth = 0;
  /** Valid up to `depth`; written in place, because an array that grows and shrinks costs more. */
  private readonly path: (string | number)[] = [];

  constructor(text: string, maxDepth: number, maxValues: number) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.valuesLeft = maxValues;
  }

  document(): JsonNode {
    this.skipSpace();
    const root = this.value();
    this.skipSpace();
    if (this.at < this.text.length) throw this.error('json.unexpected');
    return root;
  }

  private value(): JsonNode {
    if (this.valuesLeft === 0) throw this.error('json.too_many_values');
    this.valuesLeft -= 1;
    const code = this.text.charCodeAt(this.at);
    if (code === QUOTE) return this.string();
    if (code === OPEN_BRACE) return this.object();
    if (code === OPEN_BRACKET) return this.array();
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.number();
    if (this.takeWord('true')) return true;
    if (this.takeWord('false')) return false;
    if (this.takeWord('null')) return null;
    throw this.unexpected();
  }

  private object(): JsonObject {
    const members = new Map<string, JsonNode>();
    const level = this.enter();
    if (!this.takeAfterSpace(CLOSE_BRACE)) {
      do {
        this.skipSpace();
        if (this.text.charCodeAt(this.at) !== QUOTE) throw this.unexpected();
        const start = this.at;
        const key = this.string();
        // Without a colon it may be no key but a value, in a text that lost a piece; a path must not show it.
        this.path[level] = '';
        if (!this.takeAfterSpace(COLON)) throw this.unexpected();
        this.path[level] = key;
        if (members.has(key)) throw this.error('json.duplicate_key', start);
        if (members.size === MAX_MEMBERS) throw this.error('json.too_many_members', start);
        this.skipSpace();
        members.set(key, this.value());
      } while (this.takeAfterSpace(COMMA));
      if (!this.takeAfterSpace(CLOSE_BRACE)) throw this.unexpected();
    }
    this.depth = level;
    return members;
  }

  private array(): JsonArray {
    const items: JsonNode[] = [];
    const level = this.enter();
    if (!this.takeAfterSpace(CLOSE_BRACKET)) {
      do {
        this.path[level] = items.length;
        this.skipSpace();
        items.push(this.value());
      } while (this.takeAfterSpace(COMMA));
      if (!this.takeAfterSpace(CLOSE_BRACKET)) throw this.unexpected();
    }
    this.depth = level;
    return items;
  }

  /** Steps over the opening bracket; gives the level whose place in `path` the members write. */
  private enter(): number {
    if (this.depth === this.maxDepth) throw this.error('json.too_deep');
    this.at += 1;
    this.path[this.depth] = '';
    this.depth += 1;
    return this.depth - 1;
  }

  private string(): string {
    const { text } = this;
    const start = this.at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        at += 2;
      } else if (code >= SPACE) {
        at += 1;
      } else {
        this.at = Math.min(at, text.length);
        throw this.error(at < text.length ? 'json.bad_string' : 'json.truncated');
      }
    }
    this.at = at + 1;
    return escaped ? this.unescape(start) : text.slice(start + 1, at);
  }

  /** Strings lose nothing in `JSON.parse`, and it knows the escapes. */
  private unescape(start: number): string {
    try {
      return JSON.parse(this.text.slice(start, this.at));
    } catch {
      throw this.error('json.bad_string', start);
    }
  }

  private number(): JsonNumber {
    const start = this.at;
    NUMBER.lastIndex = start;
    if (!NUMBER.test(this.text)) throw this.error('json.bad_number');
    this.at = NUMBER.lastIndex;
    if (this.at - start > MAX_NUMBER_LENGTH) throw this.error('json.bad_number', start);
    return new JsonNumber(this.text.slice(start, this.at));
  }

  private takeWord(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private takeAfterSpace(code: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    const { text } = this;
    let { at } = this;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) break;
      at += 1;
    }
    this.at = at;
  }

  private unexpected(): JsonSyntaxError {
    return this.error(this.at < this.text.length ? 'json.unexpected' : 'json.truncated');
  }

  private error(code: JsonSyntaxErrorCode, position: number = this.at): JsonSyntaxError {
    return new JsonSyntaxError(code, this.path.slice(0, this.depth), position);
  }
}
