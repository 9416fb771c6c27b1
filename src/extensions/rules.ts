import type { Logger } from 'pino';
import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import type { EventToMatch } from '../openspp/hooks.ts';
import { type Change, type Rule, RuleError } from '../openspp/rules/rule.ts';
import { eventView } from './event-view.ts';
import type { Extension, ExtensionRule, ExtensionRuleInput } from './extension.ts';
import { InvalidResult, logFailure, sentenceFor } from './failure.ts';
import { checkedScalar, isPlainObject } from './values.ts';

type Rules = Readonly<Record<VitalEventType, Rule>>;

/** The rules with those of extensions around them; one that is named later is around one that is named before. */
export function rulesWith(rules: Rules, extensions: readonly Extension[], log: Logger): Rules {
  if (!extensions.some((one) => one.rules)) return rules;
  const wrapped = Object.fromEntries(
    VITAL_EVENT_TYPES.map((type) => [type, wrap(type, rules[type], extensions, log)]),
  );
  return wrapped as Record<VitalEventType, Rule>;
}

function wrap(type: VitalEventType, own: Rule, extensions: readonly Extension[], log: Logger): Rule {
  const outer = extensions.filter((one) => one.rules?.[type]);
  if (outer.length === 0) return own;
  let rule: (input: ExtensionRuleInput) => Change = own;
  for (const { name, rules } of outer) {
    rule = contained(name, `rules.${type}`, rules?.[type] as ExtensionRule, rule, log);
  }
  // What the delivery gives to rules is a whole event, although the bridge's own need less of it.
  return (input) =>
    rule({
      ...input,
      registrant: Object.freeze({ ...input.registrant }),
      event: eventView(input.event as EventToMatch) as ExtensionRuleInput['event'],
    });
}

/** One extension's rule: whatever it does becomes a `RuleError`, which ends the event in error. */
function contained(
  extension: string,
  member: string,
  rule: ExtensionRule,
  inner: (input: ExtensionRuleInput) => Change,
  log: Logger,
): (input: ExtensionRuleInput) => Change {
  return (input) => {
    try {
      return checkedChange(rule(input, inner), input);
    } catch (error) {
      // Of the rule inside, which has its sentence already.
      if (error instanceof RuleError) throw error;
      logFailure(log, { extension, member }, error, 1);
      throw new RuleError(sentenceFor({ extension, member }, error));
    }
  };
}

function checkedChange(given: unknown, { openspp }: ExtensionRuleInput): Change {
  if (given instanceof Promise) {
    given.catch(() => {});
    throw new InvalidResult('it gave a promise; rules are synchronous');
  }
  if (!isPlainObject(given)) throw new InvalidResult('it gave no change; expected {patch, exit, notes}');
  const { patch, exit, notes, redate, done = [] } = given;
  if (!isPlainObject(patch)) throw new InvalidResult('patch must be an object of values by field');
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === 'string')) {
    throw new InvalidResult('notes must be a list of texts');
  }
  if (!Array.isArray(done) || !done.every((note) => typeof note === 'string')) {
    throw new InvalidResult('done must be a list of texts');
  }
  if (redate !== undefined && !isRedate(redate)) throw new InvalidResult('redate must be {from, to}');
  if (exit !== null && !isExit(exit)) throw new InvalidResult('exit must be {date, reason} or null');
  const told = [...notes] as string[];
  const values = Object.entries(patch).flatMap(([field, value]) => {
    if (openspp.registrant.has(field)) return [[field, checkedScalar(field, value)] as const];
    told.push(`Not changed: this OpenSPP has no field ${field} on registrants.`);
    return [];
  });
  return {
    patch: Object.fromEntries(values),
    exit,
    ...(redate === undefined ? {} : { redate }),
    notes: told,
    done: values.length > 0 ? done : [],
  };
}

function isRedate(value: unknown): value is { from: string; to: string } {
  return isPlainObject(value) && typeof value.from === 'string' && typeof value.to === 'string';
}

function isExit(value: unknown): value is { date: string; reason: string } {
  return isPlainObject(value) && typeof value.date === 'string' && typeof value.reason === 'string';
}
