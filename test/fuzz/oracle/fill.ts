import { Num, Obj, type Tree } from './tree.ts';

const YES = ['1', 'true', 't', 'yes', 'y', 'on'];
const NO = ['0', 'false', 'f', 'no', 'n', 'off'];

/**
 * The header as OpenSPP's schema fills it in, written apart from the bridge's; null where the schema refuses it. The
 * rules are those of pydantic's lax mode, as `test/dci/reference/filled_header.py` has them.
 */
export function filled(header: Obj): Obj | null {
  const callback: [string, (value: Tree) => Tree | undefined, Tree | undefined][] = header.members.some(
    ([key]) => key === 'status',
  )
    ? [
        [
          'status',
          (value) => (['rcvd', 'pdng', 'succ', 'rjct'].includes(value as string) ? value : undefined),
          undefined,
        ],
        ['status_reason_code', orNull(text), null],
        ['status_reason_message', orNull(text), null],
        ['completed_count', whole, new Num('0')],
      ]
    : [];
  const fields: typeof callback = [
    ['version', text, '1.0.0'],
    ['message_id', text, undefined],
    ['message_ts', moment, undefined],
    ['action', text, undefined],
    ['sender_id', text, undefined],
    ['sender_uri', orNull(text), null],
    ['receiver_id', text, undefined],
    ['total_count', whole, new Num('0')],
    ['is_msg_encrypted', truth, false],
    ['meta', orNull(dictionary), null],
    ...callback,
  ];
  const members: [string, Tree][] = [];
  for (const [name, read, missing] of fields) {
    const sent = header.get(name);
    const value = sent === undefined ? missing : read(sent);
    if (value === undefined) return null;
    members.push([name, value]);
  }
  return new Obj(members);
}

function orNull(read: (value: Tree) => Tree | undefined): (value: Tree) => Tree | undefined {
  return (value) => (value === null ? null : read(value));
}

function text(value: Tree): Tree | undefined {
  return typeof value === 'string' ? value : undefined;
}

function moment(value: Tree): Tree | undefined {
  if (typeof value !== 'string') return undefined;
  const [, date, time = '00:00', seconds = ':00', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[Tt _](\d\d:\d\d)(:\d\d)?(?:[.,](\d+))?([Zz]|[+\-\u2212]\d\d:?\d\d)?)?$/.exec(
      value,
    ) ?? [];
  if (date === undefined) return undefined;
  const read = new Date(`${date}T${time}${seconds}Z`);
  const real = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(`${date}T${time}${seconds}`);
  if (!real || date.startsWith('0000') || /^.(?:2[4-9]|[3-9]|..:?[6-9])/.test(zone)) return undefined;
  const six = fraction.padEnd(6, '0').slice(0, 6);
  const offset = zone.replace('\u2212', '-').replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const shown = /^(?:z|[+-]00:00)$/i.test(offset) ? 'Z' : offset;
  return `${date}T${time}${seconds}${six === '000000' ? '' : `.${six}`}${shown}`;
}

function whole(value: Tree): Tree | undefined {
  if (typeof value === 'boolean') return new Num(value ? '1' : '0');
  if (typeof value === 'string') {
    const digits = /^\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*$/.exec(value)?.[1]?.replace(/[+_]/g, '');
    return digits === undefined
      ? undefined
      : new Num(BigInt(digits.replace('-', '')) === 0n ? '0' : signed(digits));
  }
  if (!(value instanceof Num)) return undefined;
  if (!/[.eE]/.test(value.source)) return value;
  const float = Number(value.source);
  return Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? new Num(BigInt(float).toString()) : undefined;
}

function signed(digits: string): string {
  return digits.startsWith('-') ? `-${BigInt(digits.slice(1))}` : BigInt(digits).toString();
}

function truth(value: Tree): Tree | undefined {
  const word = value instanceof Num ? String(Number(value.source)) : String(value).toLowerCase();
  if (value instanceof Num && word !== '1' && word !== '0') return undefined;
  if (typeof value !== 'boolean' && typeof value !== 'string' && !(value instanceof Num)) return undefined;
  if (YES.includes(word)) return true;
  return NO.includes(word) ? false : undefined;
}

function dictionary(value: Tree): Tree | undefined {
  return value instanceof Obj && finite(value) ? value : undefined;
}

function finite(value: Tree): boolean {
  if (value instanceof Num) return !/[.eE]/.test(value.source) || Number.isFinite(Number(value.source));
  if (Array.isArray(value)) return value.every(finite);
  return !(value instanceof Obj) || value.members.every(([, member]) => finite(member));
}
