import { describe, expect, it } from 'vitest';
import { type ProgressOptions, showProgress } from '../../src/cli/progress.ts';

/** A stream that keeps what it gets, and a clock that stops. */
function stage(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv = {}) {
  const written: string[] = [];
  let ms = 0;
  const options: ProgressOptions = {
    stream: { ...stream, write: (text) => written.push(text) },
    env,
    now: () => ms,
  };
  const progress = showProgress(options);
  return {
    written,
    progress,
    pass: (more: number) => {
      ms += more;
    },
  };
}

const CLEAR = '\r\x1b[2K';

describe('progress on a terminal', () => {
  it('is a bar with an estimate, on one line that is written over', () => {
    const { progress, written, pass } = stage({ isTTY: true, columns: 100 }, { NO_COLOR: '1' });
    progress.update({ label: 'births', done: 0, total: 100 });
    pass(5000);
    progress.update({ label: 'births', done: 25, total: 100, detail: '250 records' });
    expect(written).toEqual([
      `${CLEAR}births [------------------------] 0 %`,
      `${CLEAR}births [######------------------] 25 %, 15 s left, 250 records`,
    ]);
    progress.end();
    expect(written.at(-1)).toBe(CLEAR);
  });

  it('is drawn ten times a second at most, and always when all is done', () => {
    const { progress, written, pass } = stage({ isTTY: true, columns: 100 });
    for (let done = 0; done < 100; done += 1) {
      progress.update({ label: 'births', done, total: 100 });
      pass(10);
    }
    expect(written).toHaveLength(10);
    progress.update({ label: 'births', done: 100, total: 100 });
    expect(written).toHaveLength(11);
    expect(written.at(-1)).toContain('100 %');
  });

  it('has colour unless NO_COLOR says otherwise; an empty one says nothing', () => {
    for (const [env, coloured] of [
      [{}, true],
      [{ NO_COLOR: '' }, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const { progress, written } = stage({ isTTY: true, columns: 100 }, env);
      progress.update({ label: 'births', done: 50, total: 100 });
      expect(written.join('').includes('\x1b[32m')).toBe(coloured);
    }
  });

  it.each([20, 40, 52, 60, 80])('never fills a line of %i columns', (columns) => {
    const { progress, written } = stage({ isTTY: true, columns }, { NO_COLOR: '1' });
    const detail = 'a detail that goes on and on, for longer than any terminal is wide, and further';
    progress.update({ label: 'marriages', done: 42, total: 100, detail });
    const line = written.join('').replace(CLEAR, '');
    expect(line.length).toBeLessThan(columns);
    expect(line).toContain('42 %'.slice(0, columns));
    expect(line.includes('[')).toBe(columns >= 52);
  });

  it('shows what is done where the total is not known', () => {
    const { progress, written } = stage({ isTTY: true, columns: 80 });
    progress.update({ label: 'giving back', done: 500, total: null, detail: '500 events' });
    expect(written).toEqual([`${CLEAR}giving back: 500 events`]);
  });

  it('counts no time before the work that it continues', () => {
    const { progress, written, pass } = stage({ isTTY: true, columns: 100 });
    progress.update({ label: 'births', done: 90, total: 100 });
    pass(10_000);
    progress.update({ label: 'births', done: 95, total: 100 });
    expect(written.at(-1)).toContain('95 %, 10 s left');
  });

  it.each([
    [59_000, '59 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('says how long %i ms are', (ms, words) => {
    const { progress, written, pass } = stage({ isTTY: true, columns: 100 });
    progress.update({ label: 'births', done: 0, total: 2 });
    pass(ms);
    progress.update({ label: 'births', done: 1, total: 2 });
    expect(written.at(-1)).toContain(`${words} left`);
  });
});

describe.each<[string, { isTTY?: boolean }, NodeJS.ProcessEnv]>([
  ['a pipe', {}, {}],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
])('progress on %s', (_, stream, env) => {
  it('is a line now and then, without control characters', () => {
    const { progress, written, pass } = stage(stream, env);
    for (let done = 0; done <= 30; done += 1) {
      progress.update({ label: 'births', done, total: 100, detail: `${done} records` });
      pass(1000);
    }
    progress.update({ label: 'deaths', done: 31, total: 100 });
    progress.end();
    expect(written).toEqual([
      'births: 0 %, 0 records\n',
      'births: 10 %, about 1 min 30 s left, 10 records\n',
      'births: 20 %, about 1 min 20 s left, 20 records\n',
      'births: 30 %, about 1 min 10 s left, 30 records\n',
      'deaths: 31 %, about 1 min 9 s left\n',
    ]);
  });

  it('ends with how far it got', () => {
    const { progress, written, pass } = stage(stream, env);
    progress.update({ label: 'births', done: 0, total: 4 });
    pass(1000);
    progress.update({ label: 'births', done: 3, total: 4 });
    progress.end();
    progress.end();
    expect(written).toEqual(['births: 0 %\n', 'births: 75 %\n']);
  });
});
