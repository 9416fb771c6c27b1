#!/usr/bin/env node
// Starts the command line. An old Node must be able to read this file: it says which Node is needed.
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { engines } = require('../package.json');

const ROOT = join(__dirname, '..');
const MAIN = join(ROOT, 'src', 'main.ts');
const NEEDED = engines.node.replace('>=', '');

const numbers = (version) => version.split('.').map(Number);

/** Whether a version such as 24.15.0 is not older than the one that is needed. */
function isEnough(version) {
  const have = numbers(version);
  const other = numbers(NEEDED)
    .map((wanted, at) => have[at] - wanted)
    .find((difference) => difference !== 0);
  return other === undefined || other > 0;
}

/** The Node of the development dependencies; null where there is none. */
function installedNode() {
  try {
    const file = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

function startWith(node) {
  const child = spawn(node, [MAIN, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C at a terminal comes to both; the command decides how it ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code) => {
    process.exitCode = code === null ? 1 : code;
  });
}

const other = installedNode();
if (isEnough(process.versions.node)) import(MAIN);
else if (other !== null) startWith(other);
else {
  process.stderr.write(
    `crvs-bridge needs Node.js ${NEEDED} or later, and this is ${process.versions.node}. ` +
      `Install it (https://nodejs.org), or run \`npm ci\` in ${ROOT}, which brings one along.\n`,
  );
  process.exitCode = 2;
}
