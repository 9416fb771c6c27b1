import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The tests start many processes and threads of the bridge: each of them takes its modules as the first one left them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/postgres-server.ts'],
    // Real servers and real files: generous, so that a slow machine is not a red one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // A worker loads the modules once, not once a file: no test keeps anything in a module.
    isolate: false,
    // One for each core: by itself it leaves one of two unused.
    maxWorkers: '100%',
  },
});
