/** The functions of our rules and panels, and the words between expressions. */
const FUNCTIONS = new Set(
  'absent group histogram_quantile increase label_values max max_over_time min rate sum time'.split(' '),
);
const WORDS = new Set('and or unless by on offset'.split(' '));
const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*")|(?<duration>\d+(?:[smhdw])\b)|(?<number>\d+(?:\.\d+)?)|(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?<operator>=~|!=|==|>=|<=|[-+*/><=(){}[\],]))/y;
const CLOSES: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/**
 * Reads a PromQL expression as far as to know that its parts are known and its brackets close.
 *
 * @returns the metrics that it names
 * @throws where something in it is unknown
 */
export function metricsIn(expression: string): string[] {
  const open: string[] = [];
  const metrics: string[] = [];
  let grouping = false;
  let before = '';
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < expression.trimEnd().length; ) {
    const at = TOKEN.lastIndex;
    const { name, operator, string, duration, number } = TOKEN.exec(expression)?.groups ?? {};
    const token = name ?? operator ?? string ?? duration ?? number;
    if (token === undefined) throw new Error(`not understood from "${expression.slice(at)}"`);
    const inside = open.at(-1);
    if (operator && '([{'.includes(operator)) {
      open.push(operator);
      grouping = operator === '(' && (before === 'by' || before === 'on');
    } else if (operator && operator in CLOSES) {
      if (open.pop() !== CLOSES[operator]) throw new Error(`a bracket that was not opened in ${expression}`);
      grouping = false;
    } else if (duration && inside !== '[' && before !== 'offset') {
      throw new Error(`a duration out of its place in ${expression}`);
    } else if (name && inside !== '{' && !grouping && !WORDS.has(name)) {
      if (/^\s*(?:\(|by\b)/.test(expression.slice(TOKEN.lastIndex))) {
        if (!FUNCTIONS.has(name)) throw new Error(`there is no function ${name}`);
      } else metrics.push(name);
    }
    before = token;
  }
  if (open.length > 0) throw new Error(`a bracket is not closed in ${expression}`);
  return metrics;
}
