import { FACES } from '../../src/sandbox/faces.ts';
import { createSandbox, type SandboxCore } from '../../src/sandbox/sandbox.ts';
import { numberOf, type Plan, type PlannedPerson } from '../plan/plan.ts';

/** The last of them has no members at the start. */
const PROGRAMS = 3;
export const LOCK = 'spp_starter.registry_admin_only_crud';

/** The OpenSPP of a simulation: its people, and who they are there. */
export class World {
  readonly openspp: SandboxCore;
  readonly plan: Plan;
  /** Registrants by the person's key. */
  readonly registrants = new Map<number, number>();
  #idType = 0;
  #programs: number[] = [];
  #household: number | null = null;

  /** @param clock milliseconds since the epoch */
  constructor(plan: Plan, clock: () => number) {
    this.plan = plan;
    const user = (login: string) => ({ login, password: login, apiKey: login });
    this.openspp = createSandbox({
      ...FACES[plan.face],
      clock,
      admin: user('admin'),
      bridge: user('bridge'),
      clerk: user('clerk'),
      approver: user('approver'),
    });
    this.#idType = this.#codeOf('national_id');
    if (plan.numberTypes) for (const code of ['DRN', 'MRN']) this.#addIdType(code);
    this.#programs = this.create(
      'spp.program',
      Array.from({ length: PROGRAMS }, (_, at) => ({ name: `Program ${at + 1}` })),
    );
    for (const person of plan.people) if (person.comesAt === null) this.register(person);
  }

  /** As the administrator, whom no lock stops. */
  create(model: string, values: readonly object[]): number[] {
    return this.execute('create', model, { vals_list: values }) as number[];
  }

  execute(method: string, model: string, keywords: object, login = 'admin'): unknown {
    return this.openspp.execute(login, model, method, { ...keywords });
  }

  /** Registers a person, with number, household and memberships. */
  register(person: PlannedPerson): void {
    const values = {
      name: `Person ${person.key}`,
      is_registrant: true,
      birthdate: person.birthdate ?? false,
    };
    const [id = 0] = this.create('res.partner', [values]);
    this.registrants.set(person.key, id);
    this.create('spp.registry.id', [
      { partner_id: id, id_type_id: this.#idType, value: numberOf(person.key), status: 'valid' },
    ]);
    person.memberships.forEach((state, at) => {
      this.enrol(person.key, state, at);
    });
    if (!person.inHousehold) return;
    this.#household ??= this.create('res.partner', [
      { name: 'Household', is_registrant: true, is_group: true },
    ])[0] as number;
    this.create('spp.group.membership', [{ group: this.#household, individual: id, is_head: false }]);
  }

  /** Makes somebody a member of a program. */
  enrol(person: number, state = 'enrolled', program = PROGRAMS - 1): void {
    this.create('spp.program.membership', [
      {
        partner_id: this.registrants.get(person) ?? 0,
        program_id: this.#programs[program % PROGRAMS],
        state,
      },
    ]);
  }

  /** The person whose registrant this is; null for nobody of the plan. */
  personOf(registrant: number): number | null {
    for (const [person, id] of this.registrants) if (id === registrant) return person;
    return null;
  }

  #codeOf(code: string): number {
    const domain = [['code', '=', code]];
    const rows = this.execute('search_read', 'spp.vocabulary.code', { domain, fields: ['code'] }) as {
      id: number;
    }[];
    return rows[0]?.id ?? 0;
  }

  #addIdType(code: string): void {
    this.create('spp.vocabulary.code', [{ vocabulary_id: 1, code, display: code, is_local: true }]);
  }
}
