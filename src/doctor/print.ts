import { AREAS, type Area, areaOf, type Finding, type FindingState } from './finding.ts';

/** How a finding is marked in the report. */
export const MARKS: Readonly<Record<FindingState, string>> = {
  ok: '✓',
  warning: '!',
  problem: '✗',
  skipped: '-',
};
const STATES = Object.keys(MARKS) as FindingState[];

/** How many findings are in each state. */
export function summaryOf(findings: readonly Finding[]): Record<FindingState, number> {
  const summary = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<FindingState, number>;
  for (const { state } of findings) summary[state] += 1;
  return summary;
}

/**
 * The report for a person: by area, with a mark for each finding, and a summary as its last line.
 *
 * @param paint colours a mark, or gives it back as it is
 */
export function reportOf(
  title: string,
  findings: readonly Finding[],
  paint: (mark: string, state: FindingState) => string,
): string {
  const lines = [plain(title)];
  for (const area of Object.keys(AREAS) as Area[]) {
    const here = findings.filter((finding) => areaOf(finding) === area);
    if (here.length === 0) continue;
    lines.push('', AREAS[area]);
    for (const { state, found, fix } of here) {
      lines.push(`  ${paint(MARKS[state], state)} ${plain(found)}`);
      if (fix !== null) lines.push(`      ${state === 'ok' ? 'Advice' : 'To fix'}: ${plain(fix)}`);
    }
  }
  const { ok, warning, problem, skipped } = summaryOf(findings);
  const counted = [
    counting(problem, 'problem'),
    counting(warning, 'warning'),
    `${ok} ok`,
    ...(skipped > 0 ? [`${skipped} not looked at`] : []),
  ];
  return `${lines.join('\n')}\n\n${counted.join(', ')}\n`;
}

const counting = (count: number, noun: string) =>
  `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;

/** Codes and names come from another machine: nothing in them may steer the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
