import type { Identifier, VitalEventType } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import type { FieldInfo, OdooDomain, OdooRow } from '../odoo/orm.ts';
import type { Registrant } from '../openspp/registrant.ts';
import type { Change, RuleInput } from '../openspp/rules/rule.ts';
import type { PlainJson } from './plain.ts';

/** The version of this interface. It grows when a module that was written for it may no longer work. */
export const EXTENSION_API = 1;

/** What a dialect makes of a message: one vital event of one person. */
export interface AnnouncedEvent {
  type: VitalEventType;
  /** `YYYY-MM-DD`, or null where the registry said none. */
  date: string | null;
  /** In the message's order; the first one becomes the event row's identifier. */
  identifiers: readonly Identifier[];
  /** `revoked` where the registry takes the event back: it is not applied, and shown as a refusal. Else left out. */
  status?: 'in_force' | 'revoked';
}

/** A further form of messages. The envelope around it, and its signature, are those of DCI. */
export interface ExtensionDialect {
  /**
   * Whether it is asked before the dialects that the bridge has, or (where left out) `after` them: about messages alone
   * that none of them knows.
   */
  order?: 'before' | 'after';
  /**
   * Reads a message. It is in the way of the acknowledgement, so it cannot be asynchronous.
   *
   * @param message `message` of the envelope, opened where it was sealed
   * @param header `header` of the envelope
   * @returns null where the message is not of this dialect; no events where there is nothing to do
   * @throws {MessageRefused} where the sender has to correct the message
   */
  read(message: PlainJson, header: PlainJson): readonly AnnouncedEvent[] | null;
}

/** An event as extensions see it. Nothing of it can be changed. */
export interface ExtensionEvent {
  readonly type: VitalEventType;
  /** `YYYY-MM-DD`, or null where the registry said none. */
  readonly date: string | null;
  readonly identifiers: readonly Readonly<Identifier>[];
  /** The registry's name in OpenSPP. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Its place among the events of its message, from 0. */
  readonly position: number;
  /** `header` of the envelope. */
  readonly header: PlainJson;
  /** `message` of the envelope; of an SPDCI message with several records only with this event's own. */
  readonly message: PlainJson;
  /** The event's own record of an SPDCI message; the message itself in any other dialect. */
  readonly record: PlainJson;
}

/** Odoo, for looking things up: with the rights of the bridge's user, and nothing that writes. */
export interface ExtensionOdoo {
  /** The matching records; 1000 at most. Reads that are alike are asked once for all events of a batch. */
  searchRead(
    model: string,
    domain: OdooDomain,
    fields: readonly string[],
    options?: { limit?: number; order?: string },
  ): Promise<readonly OdooRow[]>;
}

/** What a hook gets besides the event. */
export interface HookTools {
  readonly odoo: ExtensionOdoo;
  /** The ids (`spp.vocabulary.code`) of the ID types with this code, letter case ignored. */
  idTypes(code: string): readonly number[];
  /** The fields that this OpenSPP has, by name. */
  readonly eventFields: ReadonlyMap<string, FieldInfo>;
  readonly registrantFields: ReadonlyMap<string, FieldInfo>;
}

/**
 * Whom an event is about: the id of a registrant (`res.partner`), null for nobody, several ids where it is not clear
 * which, or `'bridge'` to leave the event to the bridge's own matching.
 */
export type FoundPerson = number | null | readonly number[] | 'bridge';

/** A rule of the extension's own: gets what the bridge's rule gets, with the message. */
export interface ExtensionRuleInput extends RuleInput {
  event: ExtensionEvent & { identifiers: Identifier[] };
}

/**
 * Decides what an event changes.
 *
 * @param rule the rule in force without this one: the bridge's, or that of an extension named before
 */
export type ExtensionRule = (
  input: ExtensionRuleInput,
  rule: (input: ExtensionRuleInput) => Change,
) => Change;

/** Values by field. `null` and `false` leave a row's field alone, and empty a registrant's. */
export type FieldValues = Readonly<Record<string, OdooValue>>;

/** What a country adds or replaces. Everything but `name` and `api` can be left out. */
export interface Extension {
  /** Names it in errors and logs: letters, digits, `.`, `_` and `-`. */
  name: string;
  /** The version of the interface that it was written for. */
  api: typeof EXTENSION_API;
  dialect?: ExtensionDialect;
  /** Says whom one event is about, in place of the bridge's matching. Only one extension can. */
  findPerson?(event: ExtensionEvent, tools: HookTools): FoundPerson | Promise<FoundPerson>;
  /** The same for all events of a batch at once; the answers in the events' order. In place of `findPerson`. */
  findPersons?(
    events: readonly ExtensionEvent[],
    tools: HookTools,
  ): readonly FoundPerson[] | Promise<readonly FoundPerson[]>;
  /** Replaces, or wraps, the rule of an event type. Rules are synchronous. */
  rules?: Partial<Record<VitalEventType, ExtensionRule>>;
  /** Fields that it adds to the event's row (`spp.dci.crvs.event`) when that is made. */
  eventFields?: {
    /** All that `values` may name. */
    fields: readonly string[];
    values(event: ExtensionEvent, tools: HookTools): FieldValues | Promise<FieldValues>;
  };
  /** Fields of the registrant (`res.partner`) that it reads, and writes where `values` says so. */
  registrantFields?: {
    /** All that `values` may name; `registrant.fields` has what they hold, for `values` and for the rules. */
    fields: readonly string[];
    values?(
      event: ExtensionEvent,
      registrant: Readonly<Registrant>,
      tools: HookTools,
    ): FieldValues | Promise<FieldValues>;
  };
}

/**
 * An extension, typed.
 *
 * @example
 * export default defineExtension({
 *   name: 'household-number',
 *   api: 1,
 *   eventFields: {
 *     fields: ['x_household'],
 *     values: (event) => ({ x_household: textAt(event.record, 'household') }),
 *   },
 * });
 */
export function defineExtension(extension: Extension): Extension {
  return extension;
}

/**
 * Thrown by a hook, it ends the event in error with this sentence for the caseworker. A module that cannot import it
 * throws any error whose `name` is `EventRefused`.
 */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}

/**
 * Thrown by a dialect, it refuses the message: `err.request.bad` goes back to the sender with the field and what to do,
 * which must quote no value of the message. A module that cannot import it throws any error whose `name` is
 * `MessageRefused`, with `field` and `fix`.
 */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
  /** Such as `message.person.born`. */
  readonly field: string;
  readonly fix: string;

  constructor(field: string, fix: string) {
    super(`${field}: ${fix}`);
    this.field = field;
    this.fix = fix;
  }
}
