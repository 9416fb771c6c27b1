import type { VitalEventType } from '../../events/vital-event.ts';
import { birth } from './birth.ts';
import { civilStatusRule, STATUS } from './civil-status.ts';
import { death } from './death.ts';
import type { Rule } from './rule.ts';

/** The rule of each event type. */
export const RULES: Readonly<Record<VitalEventType, Rule>> = {
  birth,
  death,
  marriage: civilStatusRule(STATUS.marriage),
  divorce: civilStatusRule(STATUS.divorce),
};
