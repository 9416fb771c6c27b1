import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/postgres-server.ts'],
    // Real servers and real files: generous, so that a slow machine is not a red one.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // One for each core: by itself it leaves one of two unused.
    maxWorkers: '100%',
  },
});
