import type { Trace } from '../trace.ts';
import type { Footprints } from './users.ts';
import type { World } from './world.ts';

/** Calls of a batch that are sent at the same moment. */
export interface CallGroup {
  sentAt: number;
  /** When Odoo did the first of those that were sent just before them. */
  before: number;
  /** When Odoo did the first of them; null before. */
  doneAt: number | null;
}

/** What a registrant is, as far as users and the bridge both write it. */
interface Written {
  birthdate: unknown;
  disabled: unknown;
}

/**
 * Odoo has no write with a condition. So anyone who writes at the very moment between the bridge's last look at a registrant
 * and its write is written over, and nobody can prevent that; what was written before that must be seen. This keeps the two
 * apart: the bridge looks in the calls just before its write.
 */
export class Races {
  readonly #world: World;
  readonly #marks: Footprints;
  readonly #trace: Trace;
  readonly #now: () => number;
  readonly #groups = new WeakMap<object, CallGroup>();
  /** Since when the memberships of registrants who were disabled could not be looked at any more before that. */
  readonly disabledSince = new Map<number, number>();

  constructor(world: World, marks: Footprints, trace: Trace, now: () => number) {
    this.#world = world;
    this.#marks = marks;
    this.#trace = trace;
    this.#now = now;
  }

  /** A batch sends a call. */
  sent(batch: object): CallGroup {
    const last = this.#groups.get(batch);
    if (last?.sentAt === this.#now()) return last;
    const group = { sentAt: this.#now(), before: last?.doneAt ?? this.#now(), doneAt: null };
    this.#groups.set(batch, group);
    return group;
  }

  /** Odoo does a call. */
  done<T>(group: CallGroup, model: string, execute: () => T): T {
    group.doneAt ??= this.#now();
    if (model !== 'res.partner') return execute();
    const before = this.#registrants();
    const result = execute();
    for (const [id, now] of this.#registrants()) {
      const then = before.get(id);
      if (then?.disabled === null && now.disabled !== null) this.disabledSince.set(id, group.before);
      if (then?.birthdate !== now.birthdate) this.#wroteBirthdate(id, group);
    }
    return result;
  }

  #registrants(): Map<number, Written> {
    const rows = this.#world.openspp.stored('res.partner');
    return new Map(rows.map(({ id, birthdate, disabled }) => [id, { birthdate, disabled }]));
  }

  #wroteBirthdate(id: number, { before }: CallGroup): void {
    const person = this.#world.personOf(id);
    const typed = person === null ? undefined : this.#marks.birthdates.get(person);
    if (person === null || typed === undefined || typed.at < before) return;
    this.#trace.note('user', 'writes at the very moment at which the bridge does', person);
    this.#marks.birthdates.delete(person);
    this.#marks.handled.add(person);
  }
}
