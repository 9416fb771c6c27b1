/**
 * The environment of a process that a test starts: nothing of the run's own but what it needs to be found, the folder of
 * the run, and the compiled modules (`vitest.config.ts`), with which it starts in half the time.
 */
export function childEnv(own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return { PATH, TMPDIR, NODE_COMPILE_CACHE, ...own };
}
