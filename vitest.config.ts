import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { PATIENCE } from './test/patience.ts';
import { makeRunFolder } from './test/run-folder.ts';

// The tests start many processes and threads of the bridge: each of them takes its modules as the first one left them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');
makeRunFolder();

const INTEGRATION = ['test/**/*.integration.test.ts', 'test/contract/**/*.test.ts'];
const E2E = ['test/**/*.e2e.test.ts', 'test/faults/**/*.test.ts'];

export default defineConfig({
  test: {
    // Real servers and real files: what hangs is found in the end, and a busy machine is not a red one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: PATIENCE },
    pool: 'forks',
    // A worker loads the modules once, not once a file: no test keeps anything in a module.
    isolate: false,
    setupFiles: ['test/setup.ts'],
    projects: [
      // One process without servers: rules, and outbound calls that nock answers.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...INTEGRATION, ...E2E],
          setupFiles: ['test/unit-setup.ts'],
        },
      },
      // The whole bridge, an OpenSPP and registries, with real connections inside one process.
      { extends: true, test: { name: 'integration', include: INTEGRATION } },
      // Bridges in processes of their own, PostgreSQL, a browser, faults.
      { extends: true, test: { name: 'e2e', include: E2E, globalSetup: ['test/postgres-server.ts'] } },
    ],
  },
});
