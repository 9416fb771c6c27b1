import type { OdooArguments, OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { faultError } from '../../src/odoo/faults.ts';
import { instrumentedClient } from '../../src/odoo/instrumented-client.ts';
import type { OdooTransport } from '../../src/odoo/transport.ts';
import { wireJson, withContext } from '../../src/odoo/wire.ts';
import { OdooException } from '../../src/sandbox/errors.ts';
import type { SandboxCore } from '../../src/sandbox/sandbox.ts';
import type { CallFault } from '../plan/plan.ts';
import type { Random } from '../random.ts';
import type { Process, Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import type { Races } from './races.ts';

/** Milliseconds until a call gives up. */
const TIMEOUT_MS = 20_000;
/** As `src/composition/odoo.ts` has it. */
const RETRY_READS_AFTER_MS = [50, 200];
/** The longest that Odoo works on a call whose client is gone: below the grace after which it is made again. */
const AFTERWARDS_MS = 4000;
const READS: ReadonlySet<string> = new Set([
  'search_read',
  'search_count',
  'search',
  'read',
  'fields_get',
  'has_access',
]);

/** A call of a bridge, as it arrives in Odoo. */
export interface ArrivingCall {
  process: Process;
  model: string;
  method: string;
  /** How many came before it, of all bridges; and of those that write. */
  calls: number;
  writes: number;
  isWrite: boolean;
}

export interface LinkPorts {
  scheduler: Scheduler;
  openspp: SandboxCore;
  random: Random;
  trace: Trace;
  races: Races;
  /** The batch whose code runs now; null outside of all. */
  batch(): object | null;
  /** What goes wrong with this call; null for nothing. */
  faultOf(call: ArrivingCall): CallFault | null;
  /** How Odoo is away now; null where it is there. */
  outage(): 'refused' | 'silent' | 'bad_gateway' | null;
  /** Just before Odoo does a call: what users do meanwhile. */
  before(call: ArrivingCall): void;
}

/** The way from the bridges to Odoo, with all that can happen on it. Each call is one transaction in the sandbox. */
export class Link {
  readonly #ports: LinkPorts;
  #calls = 0;
  #writes = 0;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  /** The client of one process: with the time-outs and further attempts of the bridge's own. */
  clientOf(process: Process): OdooClient {
    const transport: OdooTransport = {
      uid: async () => BRIDGE_UID,
      call: ({ model, method, args }) => this.#send(process, model, method, args),
    };
    const link = { protocol: () => 'json2' as const, transport: async () => transport };
    return instrumentedClient(link, { timeoutMs: TIMEOUT_MS, retryReadsAfterMs: RETRY_READS_AFTER_MS });
  }

  #send(process: Process, model: string, method: string, args: OdooArguments): Promise<OdooValue> {
    const { scheduler, random, trace } = this.#ports;
    const isWrite = !READS.has(method);
    this.#calls += 1;
    if (isWrite) this.#writes += 1;
    const call: ArrivingCall = { process, model, method, calls: this.#calls, writes: this.#writes, isWrite };
    const group = this.#ports.races.sent(this.#ports.batch() ?? process);
    const json = wireJson(withContext(args));
    const name = `${model}.${method}`;
    const fault = this.#ports.faultOf(call);
    const there = random.fraction() * 20;
    const back = random.fraction() * 20;
    return new Promise((resolve, reject) => {
      const away = this.#ports.outage();
      if (away !== null) {
        trace.note(process, `${name}: Odoo is away (${away})`, json);
        if (away === 'refused') scheduler.plan(1, () => reject(failed('odoo.unreachable', model, method)));
        if (away === 'bad_gateway')
          scheduler.plan(1, () => reject(failed('odoo.unavailable', model, method)));
        return;
      }
      const answer = (result: Result) => {
        if (result.ok) resolve(result.value);
        else reject(result.error);
      };
      const broken = () => reject(failed('odoo.unreachable', model, method));
      const badGateway = () => reject(failed('odoo.unavailable', model, method));
      /** Odoo does it after a while, whatever becomes of the caller. */
      const doIt = (inMs: number, then: (result: Result) => void) =>
        scheduler.planFor(null, inMs, () => {
          this.#ports.before(call);
          const result = this.#ports.races.done(group, model, () => this.#execute(model, method, json));
          trace.note(process, name, json, result.ok ? result.value : `refused: ${result.error.odooName}`);
          scheduler.planFor(process, back, () => then(result));
        });
      if (fault !== null) trace.note(process, `${name}: ${fault}`, call.calls);
      switch (fault) {
        case null:
          doIt(there, answer);
          break;
        case 'cut_before':
          scheduler.plan(there, broken);
          break;
        case 'cut_after':
          doIt(there, broken);
          break;
        case 'cut_while':
          scheduler.plan(there, broken);
          doIt(there + random.fraction() * AFTERWARDS_MS, () => {});
          break;
        case 'silent_done':
          doIt(there + random.fraction() * (TIMEOUT_MS + AFTERWARDS_MS), () => {});
          break;
        case 'silent_lost':
          break;
        case 'bad_gateway_done':
          doIt(there, badGateway);
          break;
        case 'bad_gateway_lost':
          scheduler.plan(there, badGateway);
          break;
        case 'conflict':
          scheduler.plan(there, () => reject(conflict(model, method)));
          break;
        case 'repeated':
          doIt(there, () => {});
          doIt(there + random.fraction() * 1000, answer);
          break;
        case 'slow':
          doIt(there + random.fraction() * (TIMEOUT_MS - 1000), answer);
          break;
      }
    });
  }

  /** What crosses the wire is text both ways. */
  #execute(model: string, method: string, json: string): Result {
    try {
      const value = this.#ports.openspp.execute('bridge', model, method, JSON.parse(json));
      return { ok: true, value: JSON.parse(JSON.stringify(value ?? null)) };
    } catch (error) {
      if (!(error instanceof OdooException)) throw error;
      const fault = { name: error.odooName, message: error.message, traceback: '' };
      return { ok: false, error: faultError(fault, { protocol: 'json2', model, method }) };
    }
  }
}

/** The bridge's user in the sandbox. */
const BRIDGE_UID = 5;

type Result = { ok: true; value: OdooValue } | { ok: false; error: OdooError };

function failed(code: OdooErrorCode, model: string, method: string): OdooError {
  return new OdooError(code, { protocol: 'json2', model, method });
}

function conflict(model: string, method: string): OdooError {
  const name = 'psycopg2.errors.SerializationFailure';
  return faultError(
    { name, message: 'could not serialize access', traceback: '' },
    { protocol: 'json2', model, method },
  );
}
