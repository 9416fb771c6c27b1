/** What progress is drawn on: standard error, or a stream that a test looks at. */
interface ProgressStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/** How far some work is. */
export interface ProgressState {
  /** What is being done, such as `births`. */
  label: string;
  done: number;
  /** Of how many; null where that is not known. */
  total: number | null;
  /** What else there is to say, such as what was found so far. */
  detail?: string | undefined;
}

/** Shows how far long work is. */
export interface Progress {
  /** Says how far it is; may be called as often as one likes. */
  update(state: ProgressState): void;
  /** Writes the last line and removes the bar, so that only results stay. */
  end(): void;
}

export interface ProgressOptions {
  stream?: ProgressStream;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds by a clock that only goes forward. */
  now?: () => number;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
/** An estimate from less than this is a guess. */
const ESTIMATE_MS = 2000;
const BAR_WIDTH = 24;
const NARROW = 50;

/**
 * Shows progress: on a terminal as a bar with an estimate, on one line that is written over; anywhere else as lines of
 * text, one every ten seconds and one for each new label. Always on standard error, so that what goes to standard
 * output (results, `--json`) stays clean.
 *
 * `NO_COLOR` takes the colour away, `TERM=dumb` the bar; a narrow terminal gets the figures alone.
 *
 * Written here rather than taken from a package: it is a hundred lines, and those that there are (cli-progress, whose
 * last release is from 2023) neither take a clock to test with nor print lines where there is no terminal.
 */
export function showProgress({
  stream = process.stderr,
  env = process.env,
  now = () => performance.now(),
}: ProgressOptions = {}): Progress {
  return stream.isTTY && env.TERM !== 'dumb' ? new Bar(stream, env, now) : new Lines(stream, now);
}

/** How long it will still take, from how long it took so far. */
class Estimate {
  #start: { at: number; done: number; total: number | null } | null = null;

  /** Milliseconds; null while it is not known. What was done before the first call does not count. */
  left({ done, total }: ProgressState, at: number): number | null {
    // Another total is another piece of work; another label may be its next part.
    if (this.#start === null || this.#start.total !== total || done < this.#start.done) {
      this.#start = { at, done, total };
    }
    const took = at - this.#start.at;
    const since = done - this.#start.done;
    if (total === null || since <= 0 || took < ESTIMATE_MS) return null;
    return (took / since) * Math.max(0, total - done);
  }
}

class Bar implements Progress {
  readonly #stream: ProgressStream;
  readonly #colour: boolean;
  readonly #now: () => number;
  readonly #estimate = new Estimate();
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = '';

  constructor(stream: ProgressStream, env: NodeJS.ProcessEnv, now: () => number) {
    this.#stream = stream;
    // https://no-color.org: any value that is not empty.
    this.#colour = (env.NO_COLOR ?? '') === '';
    this.#now = now;
  }

  update(state: ProgressState): void {
    const at = this.#now();
    const left = this.#estimate.left(state, at);
    const isLast = state.total !== null && state.done >= state.total;
    if (at - this.#drawnAt < REDRAW_MS && !isLast) return;
    const line = this.#line(state, left);
    if (line === this.#drawn) return;
    this.#drawnAt = at;
    this.#drawn = line;
    this.#stream.write(`\r\x1b[2K${line}`);
  }

  #line({ label, done, total, detail = '' }: ProgressState, left: number | null): string {
    const columns = this.#stream.columns ?? 80;
    const part = total === null ? null : partOf(done, total);
    const rest = [part === null ? '' : percent(part), left === null ? '' : `${duration(left)} left`, detail]
      .filter((one) => one !== '')
      .join(', ');
    // The last column stays free: some terminals break the line when it is written to.
    const width = columns - 1;
    if (part === null || columns < NARROW) return `${label}: ${rest}`.slice(0, width);
    const full = Math.round(part * BAR_WIDTH);
    const bar = '#'.repeat(full);
    const text = `${label} [${bar}${'-'.repeat(BAR_WIDTH - full)}] ${rest}`;
    if (text.length > width && `${label} [${' '.repeat(BAR_WIDTH)}] 100 %`.length > width)
      return `${label}: ${rest}`.slice(0, width);
    const cut = text.slice(0, width);
    return this.#colour && bar !== '' ? cut.replace(`[${bar}`, `[\x1b[32m${bar}\x1b[0m`) : cut;
  }

  end(): void {
    if (this.#drawn !== '') this.#stream.write('\r\x1b[2K');
    this.#drawn = '';
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}

class Lines implements Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #estimate = new Estimate();
  #writtenAt = Number.NEGATIVE_INFINITY;
  #label: string | null = null;
  #unwritten: ProgressState | null = null;

  constructor(stream: ProgressStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  update(state: ProgressState): void {
    const at = this.#now();
    const left = this.#estimate.left(state, at);
    this.#unwritten = state;
    const isLast = state.total !== null && state.done >= state.total;
    if (state.label === this.#label && at - this.#writtenAt < LINE_MS && !isLast) return;
    this.#write(state, left, at);
  }

  #write(state: ProgressState, left: number | null, at: number): void {
    const { label, done, total, detail = '' } = state;
    const rest = [
      total === null ? '' : percent(partOf(done, total)),
      left === null || left === 0 ? '' : `about ${duration(left)} left`,
      detail,
    ].filter((one) => one !== '');
    this.#stream.write(`${label}${rest.length > 0 ? `: ${rest.join(', ')}` : ''}\n`);
    this.#writtenAt = at;
    this.#label = label;
    this.#unwritten = null;
  }

  end(): void {
    if (this.#unwritten) this.#write(this.#unwritten, null, this.#now());
    this.#label = null;
    this.#writtenAt = Number.NEGATIVE_INFINITY;
  }
}

function partOf(done: number, total: number): number {
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
}

/** Never 100 before it is done. */
function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}

/** Such as `45 s`, `3 min 20 s`, `2 h 5 min`. */
function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
