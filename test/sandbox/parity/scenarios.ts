import type { Scenario } from './request.ts';
import { ACCESS } from './scenarios/access.ts';
import { CONSTRAINTS } from './scenarios/constraints.ts';
import { DOMAINS } from './scenarios/domains.ts';
import { EXTRAS } from './scenarios/extras.ts';
import { HTTP } from './scenarios/http.ts';
import { LOAD } from './scenarios/load.ts';
import { METHODS } from './scenarios/methods.ts';
import { ODD_ARGUMENTS } from './scenarios/odd-arguments.ts';
import { OLD_IDS } from './scenarios/old-ids.ts';
import { RPC } from './scenarios/rpc.ts';
import { RULES } from './scenarios/rules.ts';
import { CHANGE_REQUESTS, LOCK, SOURCES } from './scenarios/spmis.ts';
import { VALUES } from './scenarios/values.ts';

/** What a fresh OpenSPP is asked. */
export const PLAIN: readonly Scenario[] = [
  HTTP,
  VALUES,
  METHODS,
  CONSTRAINTS,
  ACCESS,
  DOMAINS,
  LOAD,
  RPC,
  ODD_ARGUMENTS,
  RULES,
];

/** What an OpenSPP with other modules is asked besides. */
export const WITH_EXTRAS: readonly Scenario[] = [EXTRAS];

/** What an SP-MIS is asked. */
export const SPMIS: readonly Scenario[] = [LOCK, CHANGE_REQUESTS, SOURCES];

/** What an OpenSPP with the old constraint on IDs is asked. */
export const WITH_OLD_IDS: readonly Scenario[] = [OLD_IDS];
