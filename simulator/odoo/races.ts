import type { OdooValue } from '../../src/odoo/client.ts';
import type { Trace } from '../trace.ts';
import type { Footprints } from './users.ts';
import type { World } from './world.ts';

/** A call, with the batch that makes it. */
export interface BatchCall {
  batch: object;
  model: string;
  isWrite: boolean;
}

/**
 * Odoo has no write with a condition. So whoever writes at the very moment between the bridge's last look at a registrant
 * and its write is written over, and nobody can prevent that; whoever wrote before that look must be seen by it. This
 * tells the two apart.
 */
export class Races {
  readonly #world: World;
  readonly #marks: Footprints;
  readonly #trace: Trace;
  readonly #now: () => number;
  /** When each batch last looked at which registrant, since it last wrote anything else. */
  readonly #looks = new WeakMap<object, Map<number, number>>();
  /** When the memberships of a registrant were last looked at, while they could be seen. */
  readonly lastLook = new Map<number, number>();

  constructor(world: World, marks: Footprints, trace: Trace, now: () => number) {
    this.#world = world;
    this.#marks = marks;
    this.#trace = trace;
    this.#now = now;
  }

  /** A batch sends a call. */
  sent({ batch, model, isWrite }: BatchCall): void {
    if (isWrite && model !== 'res.partner') this.#looks.delete(batch);
  }

  /** Odoo does a call. */
  done<T>({ batch, model, isWrite }: BatchCall, json: string, execute: () => T): T {
    const before = isWrite && model === 'res.partner' ? this.#birthdates() : null;
    const result = execute();
    const value = (result as { value?: OdooValue }).value;
    if (!isWrite && model === 'res.partner' && Array.isArray(value)) this.#looked(batch, value);
    if (!isWrite && model === 'spp.program.membership') this.#lookedForMemberships(json);
    if (before) this.#wrote(batch, before);
    return result;
  }

  #birthdates(): Map<number, unknown> {
    return new Map(
      [...this.#world.registrants.values()].map((id) => [
        id,
        this.#world.openspp.stored('res.partner').find((row) => row.id === id)?.birthdate,
      ]),
    );
  }

  #looked(batch: object, rows: readonly OdooValue[]): void {
    const looks = this.#looks.get(batch) ?? new Map<number, number>();
    this.#looks.set(batch, looks);
    for (const row of rows) {
      const { id } = (row ?? {}) as { id?: number };
      if (id !== undefined) looks.set(id, this.#now());
    }
  }

  #lookedForMemberships(json: string): void {
    for (const row of this.#world.openspp.stored('res.partner')) {
      if (row.disabled === null && json.includes('"partner_id"')) this.lastLook.set(row.id, this.#now());
    }
  }

  #wrote(batch: object, before: ReadonlyMap<number, unknown>): void {
    for (const [id, birthdate] of this.#birthdates()) {
      if (birthdate === before.get(id)) continue;
      const person = this.#world.personOf(id);
      const typed = person === null ? undefined : this.#marks.birthdates.get(person);
      const look = this.#looks.get(batch)?.get(id);
      if (person === null || typed === undefined || look === undefined || typed.at < look) continue;
      this.#trace.note('user', 'writes at the very moment at which the bridge does', person);
      this.#marks.birthdates.delete(person);
      this.#marks.handled.add(person);
    }
  }
}
