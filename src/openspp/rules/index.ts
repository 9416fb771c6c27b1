import type { VitalEventType } from '../../events/vital-event.ts';
import { birth } from './birth.ts';
import { death } from './death.ts';
import { divorce } from './divorce.ts';
import { marriage } from './marriage.ts';
import type { Rule } from './rule.ts';

/** The rule of each event type. */
export const RULES: Readonly<Record<VitalEventType, Rule>> = { birth, death, marriage, divorce };
