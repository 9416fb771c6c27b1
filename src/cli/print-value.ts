/** Prints JSON on one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints a value for people: one line a member, `name.given_name: Ann`; empty members are left out. */
export function printMembers(value: unknown): void {
  for (const [path, text] of membersOf(value, '')) process.stdout.write(`${path}: ${text}\n`);
}

function* membersOf(value: unknown, path: string): Generator<[string, string]> {
  if (value === null || value === undefined || value === '') return;
  if (typeof value !== 'object') {
    yield [path, oneLine(String(value))];
    return;
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) {
    if (value.length > 0) yield [path, oneLine(value.join(', '))];
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    yield* membersOf(inner, path === '' ? name : `${path}.${name}`);
  }
}

/** What a registry wrote must not move the terminal's cursor. */
const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, ' ');
