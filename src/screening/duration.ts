const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a span such as `30d`, `12h`, `90m` or `45s`; null for anything else, and above ten years. */
export function secondsOf(text: string): number | null {
  const parts = /^([1-9]\d{0,8})([smhd])$/.exec(text);
  if (!parts) return null;
  const seconds = Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS];
  return seconds <= 3650 * 86_400 ? seconds : null;
}
