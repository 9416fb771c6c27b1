import { writeFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';

/** What a benchmark found, as `--json` writes it. */
export interface Report {
  benchmark: string;
  /** ISO 8601. */
  at: string;
  machine: Machine;
  /** The flags that it ran with. */
  flags: Readonly<Record<string, unknown>>;
  results: unknown;
}

/** Writes the report where `--json` asks for it. */
export async function writeReport(file: string | null, report: Omit<Report, 'at'>): Promise<void> {
  if (file === null) return;
  const whole: Report = { ...report, at: new Date().toISOString() };
  await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
}
