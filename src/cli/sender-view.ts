import type { KeyView, SenderView } from '../senders/sender-view.ts';

/** Heads and one row a sender. */
export function tableOf(views: readonly SenderView[]): string[][] {
  return [
    ['sender', 'keys', 'jwks', 'fetched', 'name'],
    ...views.map(({ senderId, name, keys, jwks }) => [
      senderId,
      String(keys.length),
      jwks === null ? '-' : (jwks.problem ?? (jwks.fetchedAt === null ? 'not fetched' : 'ok')),
      jwks?.fetchedAt?.replace(/\.\d+/, '') ?? '-',
      name,
    ]),
  ];
}

/** Everything about one sender, a line each. */
export function detailsOf({ senderId, name, problem, aliases, limits, keys, jwks }: SenderView): string {
  const lines: [string, string | number | null][] = [
    ['sender', senderId],
    ['name', name],
    ['problem', problem],
    ...aliases.map((alias): [string, string] => ['alias', alias]),
    ['event types', limits.eventTypes?.join(', ') ?? null],
    ['longest signature window', limits.maxWindowSeconds === null ? null : `${limits.maxWindowSeconds} s`],
    ['must encrypt', limits.mustEncrypt ? 'yes' : null],
    ['messages a minute', limits.ratePerMinute],
    ['JWKS URL', jwks?.url ?? null],
    ['fetched', jwks?.fetchedAt ?? null],
    ['fetched again', jwks?.dueAt ?? null],
    ['last try failed', jwks?.problem ? `${jwks.problem} at ${jwks.failedAt}` : null],
    ...keys.map((key): [string, string] => ['key', keyLine(key)]),
  ];
  return lines.flatMap(([label, value]) => (value === null ? [] : [`${label}: ${value}\n`])).join('');
}

function keyLine({ kid, algorithm, thumbprint, source, endsAt }: KeyView): string {
  const name = source === 'openspp' ? 'entered in OpenSPP' : `kid ${kid}`;
  const both = source === 'both' ? ', also in OpenSPP' : '';
  const end = endsAt === null ? '' : `, no longer published, ends at ${endsAt}`;
  return `${algorithm}, ${name}, thumbprint ${thumbprint}${both}${end}`;
}
