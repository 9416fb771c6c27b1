import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Answer } from './target.ts';

/** Answers by scenario and request. */
export type Answers = Record<string, Answer>;

interface Line {
  scenario: string;
  request: string;
  answer: Answer;
}

/** One answer a line, so that a change of Odoo's shows as the lines that it touched. */
const FILE = new URL('./recorded.ndjson', import.meta.url);

/** What Odoo answered when it was last asked. */
export function readRecorded(scenario: string): Answers {
  const mine = readLines().filter((line) => line.scenario === scenario);
  return Object.fromEntries(mine.map(({ request, answer }) => [request, answer]));
}

/** Replaces what is kept of one scenario. */
export function writeRecorded(scenario: string, answers: Answers): void {
  const others = readLines().filter((line) => line.scenario !== scenario);
  const mine = Object.entries(answers).map(([request, answer]): Line => ({ scenario, request, answer }));
  writeFileSync(FILE, [...others, ...mine].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function readLines(): Line[] {
  if (!existsSync(FILE)) return [];
  const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}
