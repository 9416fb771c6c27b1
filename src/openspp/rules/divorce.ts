import { civilStatusRule, STATUS } from './civil-status.ts';
import type { Rule } from './rule.ts';

/** A divorce makes the registrant divorced. */
export const divorce: Rule = civilStatusRule(STATUS.divorce);
