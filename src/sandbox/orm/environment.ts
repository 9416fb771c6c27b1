import { accessError, userError } from '../errors.ts';
import type { GroupId } from '../model/groups.ts';
import type { Row, Values } from '../model/row.ts';
import type { Context, Environment, Model, Origin, SearchOptions } from '../model/types.ts';
import type { Database } from '../store/database.ts';
import type { Table } from '../store/table.ts';
import { dateIn, formatDatetime } from '../time.ts';
import { createRecords } from './create.ts';
import { displayName } from './display-name.ts';
import { searchIds } from './search.ts';
import { writeRecords } from './write.ts';

/** The languages that are installed; what the sandbox says itself is in English. */
const LANGUAGES: readonly unknown[] = ['en_US', 'fr_FR'];

/** The environment of a call. */
export class CallEnvironment implements Environment {
  readonly db: Database<Model>;
  readonly uid: number;
  readonly groups: ReadonlySet<GroupId>;
  readonly context: Context;
  /** Whether access rights are left aside, as `sudo()` does. */
  readonly su: boolean;
  /** Undefined for a call in this process. */
  readonly origin: Origin | undefined;

  constructor(
    db: Database<Model>,
    uid: number,
    groups: ReadonlySet<GroupId>,
    context: Context = {},
    origin?: Origin,
    su = false,
  ) {
    // A language that is not installed fails the call wherever Odoo looks at it, which is nearly everywhere.
    const { lang } = context;
    if (lang && !LANGUAGES.includes(lang)) throw userError(`Invalid language code: ${lang}`);
    this.db = db;
    this.uid = uid;
    this.groups = groups;
    this.context = context;
    this.origin = origin;
    this.su = su;
  }

  sudo(): Environment {
    return this.su
      ? this
      : new CallEnvironment(this.db, this.uid, this.groups, this.context, this.origin, true);
  }

  withContext(extra: Context): Environment {
    const context = { ...this.context, ...extra };
    return new CallEnvironment(this.db, this.uid, this.groups, context, this.origin, this.su);
  }

  table(model: string): Table<Model> {
    return this.db.table(model);
  }

  model(name: string): Model {
    return this.db.table(name).model;
  }

  row(model: string, id: number): Row | undefined {
    return this.db.table(model).get(id);
  }

  /** The companies that the user belongs to. */
  get userCompanies(): readonly number[] {
    return (this.row('res.users', this.uid)?.company_ids ?? []) as readonly number[];
  }

  /** The companies of the call: those of the context, else the user's. */
  get companies(): readonly number[] {
    const asked = this.context.allowed_company_ids;
    if (!Array.isArray(asked) || asked.length === 0) return this.userCompanies;
    if (!this.su && asked.some((id) => !this.userCompanies.includes(id))) {
      throw accessError('Access to unauthorized or invalid companies.');
    }
    return asked;
  }

  /** The company of the call: the context's first, else the user's own. */
  get company(): number | null {
    const [first] = Array.isArray(this.context.allowed_company_ids) ? this.companies : [];
    return first ?? ((this.row('res.users', this.uid)?.company_id ?? null) as number | null);
  }

  /** Now, as a Datetime. */
  now(): string {
    return formatDatetime(this.db.clock());
  }

  /** The server's date, which is UTC's. */
  today(): string {
    return this.now().slice(0, 10);
  }

  /** The date where the user is. */
  contextToday(): string {
    return dateIn(this.db.clock(), this.zone);
  }

  /** The time zone of the context, else of the user, else UTC. */
  get zone(): string {
    const zone = this.context.tz || this.row('res.users', this.uid)?.tz;
    return typeof zone === 'string' ? zone : 'UTC';
  }

  search(model: string, domain: unknown, options: SearchOptions = {}): number[] {
    return searchIds(this, this.model(model), domain, options);
  }

  create(model: string, valuesList: readonly Values[]): number[] {
    return createRecords(this, this.model(model), valuesList);
  }

  write(model: string, ids: readonly number[], values: Values): void {
    writeRecords(this, this.model(model), ids, values);
  }

  displayName(model: string, id: number): string {
    return displayName(this, this.model(model), id);
  }
}
