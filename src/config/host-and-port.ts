/** A host and a port from `HOST:PORT`, an IPv6 address in brackets; null where it is none. */
export function hostAndPort(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** Whether `hostAndPort` takes a text. */
export function isHostAndPort(text: string): boolean {
  return hostAndPort(text) !== null;
}
