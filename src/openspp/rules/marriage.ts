import { civilStatusRule, STATUS } from './civil-status.ts';
import type { Rule } from './rule.ts';

/** A marriage makes the registrant married. */
export const marriage: Rule = civilStatusRule(STATUS.marriage);
