import type { Inbox } from '../../src/inbox/inbox.ts';
import { OdooException } from '../../src/sandbox/errors.ts';
import type { Row } from '../../src/sandbox/model/row.ts';
import type { Deed } from '../plan/plan.ts';
import type { Trace } from '../trace.ts';
import { LOCK, type World } from './world.ts';

const EVENT = 'spp.dci.crvs.event';
const REQUEST = 'spp.change.request';

/** What users did, as far as it decides how things must end. */
export class Footprints {
  /** Whom somebody archived, restored or merged: how they end is that user's doing. */
  readonly moved = new Set<number>();
  /** Whose events somebody had processed by OpenSPP itself, archived, rejected or set aside. */
  readonly handled = new Set<number>();
  /** The last date of birth that somebody entered, and when. */
  readonly birthdates = new Map<number, { date: string; at: number }>();
  readonly phones = new Map<number, string>();
  /** Whose memberships somebody made or changed while the events came, and when last. */
  readonly enrolled = new Map<number, number>();
  /** Events of the inbox that somebody set aside. */
  readonly aside = new Set<number>();
}

/** Users of OpenSPP, and the operator of the bridge, who do things meanwhile. */
export class Users {
  readonly footprints = new Footprints();
  readonly #world: World;
  readonly #trace: Trace;
  readonly #now: () => number;
  /** The inbox of a bridge that runs; null where none does. */
  readonly #inbox: () => Inbox | null;

  constructor(world: World, trace: Trace, now: () => number, inbox: () => Inbox | null) {
    this.#world = world;
    this.#trace = trace;
    this.#now = now;
    this.#inbox = inbox;
  }

  /** Does it; what OpenSPP refuses, the user leaves. @returns whether OpenSPP took it */
  do(deed: Deed): boolean {
    try {
      this.#trace.note('user', deed.kind, 'person' in deed ? deed.person : null, this.#do(deed) ?? null);
      return true;
    } catch (error) {
      if (!(error instanceof OdooException)) throw error;
      this.#trace.note('user', `${deed.kind}: refused`, error.message);
      return false;
    }
  }

  /** Decides on all that waits for approval: what cannot be applied is rejected. */
  decideAll(): void {
    const when = { at: 0 };
    for (const _ of this.#requests('pending')) {
      if (!this.do({ kind: 'approve', when })) this.do({ kind: 'reject', when });
    }
  }

  #do(deed: Deed): unknown {
    const world = this.#world;
    const marks = this.footprints;
    switch (deed.kind) {
      case 'retry_rows':
        return this.#rows(['error'], 'action_retry_processing');
      case 'process_rows':
        return this.#rows(['received', 'processing', 'error'], 'process_event');
      case 'archive_row': {
        const row = world.openspp.stored(EVENT).find(({ active }) => active === true);
        if (!row) return null;
        this.#handled(row);
        world.execute('write', EVENT, { ids: [row.id], vals: { active: false } });
        return row.id;
      }
      case 'approve': {
        const [id] = this.#requests('pending');
        if (id !== undefined) world.execute('action_approve', REQUEST, { ids: [id] }, 'approver');
        return id;
      }
      case 'reject': {
        const [id] = this.#requests('pending');
        if (id === undefined) return null;
        const request = world.openspp.stored(REQUEST).find((one) => one.id === id);
        const person = world.personOf(Number(request?.registrant_id));
        if (person !== null) marks.handled.add(person);
        world.execute('write', REQUEST, { ids: [id], vals: { approval_state: 'rejected' } });
        return id;
      }
      case 'lock':
      case 'unlock':
        return world.execute('set_param', 'ir.config_parameter', {
          key: LOCK,
          value: deed.kind === 'lock' ? 'True' : 'False',
        });
      case 'retry_events':
        this.#operate(this.#retryEvents());
        return null;
      case 'set_aside':
        this.#operate(this.#setAside());
        return null;
      case 'edit_birthdate':
        if (!this.#write(deed.person, { birthdate: deed.date })) return null;
        marks.birthdates.set(deed.person, { date: deed.date, at: this.#now() });
        return deed.date;
      case 'edit_phone':
        if (!this.#write(deed.person, { phone: deed.phone })) return null;
        marks.phones.set(deed.person, deed.phone);
        return deed.phone;
      case 'archive_person':
      case 'restore_person':
        marks.moved.add(deed.person);
        return this.#write(deed.person, { active: deed.kind === 'restore_person' });
      case 'enrol':
        if (!world.registrants.has(deed.person)) return null;
        world.enrol(deed.person);
        marks.enrolled.set(deed.person, this.#now());
        return null;
      case 'pause':
        return this.#pause(deed.person);
      case 'merge':
        return this.#merge(deed.person, deed.into);
    }
  }

  #write(person: number, vals: object): unknown {
    const id = this.#world.registrants.get(person);
    return id === undefined ? null : this.#world.execute('write', 'res.partner', { ids: [id], vals });
  }

  #rows(states: readonly string[], method: string): number[] {
    const rows = this.#world.openspp
      .stored(EVENT)
      .filter((row) => row.active && states.includes(String(row.state)));
    for (const row of rows) {
      this.#handled(row);
      this.#world.execute(method, EVENT, { ids: [row.id] });
    }
    return rows.map(({ id }) => id);
  }

  /** The people that a row is about, by what it was made from. */
  #handled(row: Row): void {
    for (const [, key] of String(row.raw_data).matchAll(/"[NBDMV]-(\d+)"/g)) {
      this.footprints.handled.add(Number(key));
    }
  }

  #requests(state: string): number[] {
    if (!this.#world.openspp.hasModel(REQUEST)) return [];
    return this.#world.openspp
      .stored(REQUEST)
      .filter((row) => row.approval_state === state)
      .map(({ id }) => id);
  }

  #pause(person: number): unknown {
    const partner = this.#world.registrants.get(person);
    const model = 'spp.program.membership';
    const running = this.#world.openspp
      .stored(model)
      .find((row) => row.partner_id === partner && row.state === 'enrolled');
    if (!running) return null;
    this.#world.execute('write', model, { ids: [running.id], vals: { state: 'paused' } });
    this.footprints.enrolled.set(person, this.#now());
    return running.id;
  }

  /** One registrant's identifiers become the other's. */
  #merge(person: number, into: number): unknown {
    const [from, to] = [this.#world.registrants.get(person), this.#world.registrants.get(into)];
    if (from === undefined || to === undefined || from === to) return null;
    const marks = this.footprints;
    for (const one of [person, into]) marks.moved.add(one);
    const types = new Set(this.#ids(to).map((row) => row.id_type_id));
    for (const row of this.#ids(from)) {
      const vals = types.has(row.id_type_id ?? null) ? { status: 'invalid' } : { partner_id: to };
      this.#world.execute('write', 'spp.registry.id', { ids: [row.id], vals });
    }
    return this.#world.execute('write', 'res.partner', { ids: [from], vals: { active: false } });
  }

  #ids(partner: number) {
    return this.#world.openspp
      .stored('spp.registry.id')
      .filter((row) => row.partner_id === partner && row.status !== 'invalid');
  }

  /** The inbox may not answer: then the operator sees that, and leaves it. */
  #operate(work: Promise<void>): void {
    work.catch((error: Error) => this.#trace.note('user', 'the inbox does not answer', error.message));
  }

  async #retryEvents(): Promise<void> {
    const inbox = this.#inbox();
    if (!inbox) return;
    const events = await inbox.list({ limit: 100 });
    await inbox.retry(events.filter(({ outcome }) => outcome !== 'processed').map(({ id }) => id));
  }

  async #setAside(): Promise<void> {
    const inbox = this.#inbox();
    if (!inbox) return;
    const events = await inbox.list({ state: 'waiting', limit: 1 });
    const found = await inbox.setAside(events.map(({ id }) => id));
    for (const id of found) this.footprints.aside.add(id);
  }
}
