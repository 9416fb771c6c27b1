import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';

interface Manifest {
  name: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
  /** For some platforms only. */
  optional?: boolean;
}

const ROOT = new URL('../', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, ROOT), 'utf8'));
const manifest: Manifest = read('package.json');
const lock: { lockfileVersion: number; packages: Record<string, Locked & Partial<Manifest>> } =
  read('package-lock.json');
const root = lock.packages[''] ?? {};
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What may be shipped with software under the Apache License 2.0 without more than a notice. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  '(MIT OR CC0-1.0)',
];

describe('dependencies', () => {
  it.each(Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))(
    '%s is pinned: %s',
    (name, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
      expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
    },
  );

  it('of the lock file are those of package.json', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(root.dependencies).toEqual(manifest.dependencies);
    expect(root.devDependencies).toEqual(manifest.devDependencies);
  });

  it('come from the registry, unchanged: each with its hash, none from an address', () => {
    const odd = packages.filter(
      ([, { integrity, resolved, link }]) =>
        !integrity?.startsWith('sha512-') || resolved !== undefined || link === true,
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  it('run no script on installing, but for those that are named', () => {
    const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name]);
    expect(scripts.map(([path]) => nameOf(path))).toEqual(expect.arrayContaining(allowed));
    // npm runs no script that is not named; without it, a package for another platform does what it is there for.
    const others = scripts.filter(([path]) => !allowed.includes(nameOf(path)));
    expect(others.filter(([, { optional }]) => optional !== true).map(([path]) => path)).toEqual([]);
    expect(scripts.filter(([, { dev }]) => dev !== true).map(([path]) => path)).toEqual([]);
  });

  it('that are shipped have a licence that allows it', () => {
    const shipped = packages.filter(([, { dev }]) => dev !== true);
    expect(shipped.length).toBeGreaterThanOrEqual(Object.keys(manifest.dependencies).length);
    expect(
      shipped.filter(([, { license = '' }]) => !LICENCES.includes(license)).map(([path]) => path),
    ).toEqual([]);
  });

  it('are those that the sources import, no more and no fewer', () => {
    const imported = new Set<string>();
    for (const file of readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(new URL(`src/${file}`, ROOT), 'utf8');
      for (const [, from = ''] of text.matchAll(/(?:\bfrom |\bimport\(|^import )'([^'.\s][^'\s]*)'/gm)) {
        const name = from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/');
        // An example in a comment imports the package itself.
        if (!isBuiltin(name) && name !== manifest.name) imported.add(name);
      }
    }
    expect([...imported].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });
});

describe('.npmrc', () => {
  it('keeps versions exact, and addresses out of the lock file', () => {
    const settings = readFileSync(new URL('.npmrc', ROOT), 'utf8').trim().split('\n');
    expect(settings).toEqual(
      expect.arrayContaining(['save-exact=true', 'omit-lockfile-registry-resolved=true']),
    );
  });
});
