import type { SandboxCore } from '../../src/sandbox/sandbox.ts';

type Row = Record<string, unknown>;

/** Fills a sandbox, and reads it, as its administrator. */
export interface Seeding {
  /** Calls a method in this process. */
  asAdmin<T = Row[]>(model: string, method: string, args: Row): T;
  /** Reads rows, archived ones included. */
  rows<T = Row>(model: string, fields: readonly string[], domain?: unknown[]): T[];
  /** Creates rows and gives their ids. */
  create(model: string, ...rows: Row[]): number[];
  /** Creates registrants, each with these identifiers by the code of their ID type, and gives their ids. */
  people(...identifiers: Record<string, string>[]): number[];
  /** Creates a program and gives its id. */
  program(): number;
  enroll(program: number, partners: readonly number[], state?: string): void;
  /** Registers a sender of notifications. */
  sender(senderId: string, publicKey: string | Buffer): void;
  /** Creates a source that asks for no credentials. */
  source(row: { code: string; base_url: string } & Row): void;
}

export function seeding(sandbox: SandboxCore): Seeding {
  const asAdmin = <T = Row[]>(model: string, method: string, args: Row) =>
    sandbox.execute(sandbox.admin.login, model, method, args) as T;
  const create = (model: string, ...rows: Row[]) =>
    rows.length === 0 ? [] : asAdmin<number[]>(model, 'create', { vals_list: rows });
  const typeOf = (code: string) => {
    const domain = [
      ['code', '=', code],
      ['namespace_uri', '=', 'urn:openspp:vocab:id-type'],
    ];
    return asAdmin<number[]>('spp.vocabulary.code', 'search', { domain })[0];
  };
  return {
    asAdmin,
    rows: (model, fields, domain = []) =>
      asAdmin(model, 'search_read', { domain, fields, context: { active_test: false } }),
    create,
    people(...identifiers) {
      const partners = create(
        'res.partner',
        ...identifiers.map((_, n) => ({ name: `Person ${n}`, is_registrant: true })),
      );
      const types = new Map(
        [...new Set(identifiers.flatMap(Object.keys))].map((code) => [code, typeOf(code)]),
      );
      create(
        'spp.registry.id',
        ...identifiers.flatMap((one, n) =>
          Object.entries(one).map(([code, value]) => ({
            partner_id: partners[n],
            id_type_id: types.get(code),
            value,
          })),
        ),
      );
      return partners;
    },
    program: () => create('spp.program', { name: 'Program' })[0] as number,
    enroll: (program_id, partners, state = 'enrolled') =>
      void create(
        'spp.program.membership',
        ...partners.map((partner_id) => ({ partner_id, program_id, state })),
      ),
    sender: (sender_id, public_key) =>
      void create('spp.dci.crvs.sender', { name: sender_id, sender_id, public_key, algorithm: 'ed25519' }),
    source: (row) =>
      void create('spp.dci.data.source', {
        name: row.code,
        auth_type: 'none',
        our_sender_id: 'us',
        ...row,
      }),
  };
}
