import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { variableOf } from '../../src/config/environment.ts';
import { loadSettings } from '../../src/config/load.ts';
import { settingPaths } from '../settings.ts';

interface Service {
  image?: string;
  build?: { context: string };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string;
  pids_limit?: number;
  stop_grace_period?: string;
  environment: Record<string, string>;
  secrets: string[];
  ports?: string[];
  volumes: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const compose = parse(read('compose.yaml')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};
const dockerfile = read('Dockerfile');
const services = Object.entries(compose.services);

it('compose.yaml names volumes, secrets and services that it has', () => {
  for (const [name, { secrets, volumes, depends_on: needs = {}, image, build }] of services) {
    expect(Boolean(image) !== Boolean(build), name).toBe(true);
    expect(
      secrets.filter((secret) => !compose.secrets[secret]),
      name,
    ).toEqual([]);
    const named = volumes
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((volume) => /^\w+$/.test(volume));
    expect(
      named.filter((volume) => !(volume in compose.volumes)),
      name,
    ).toEqual([]);
    for (const needed of Object.keys(needs))
      expect(compose.services[needed]?.healthcheck, needed).toBeDefined();
  }
  expect(services.map(([name]) => name)).toEqual(['db', 'odoo', 'bridge']);
});

it('compose.yaml gives no secret in clear, and opens ports to this machine alone', () => {
  for (const [name, { environment, ports = [] }] of services) {
    for (const variable of Object.keys(environment)) {
      if (/PASSWORD|TOKEN|KEY|SECRET/.test(variable)) expect(variable, name).toMatch(/_FILE$/);
    }
    for (const [variable, value] of Object.entries(environment).filter(([one]) => one.endsWith('_FILE')))
      expect(
        compose.services[name]?.secrets.map((secret) => `/run/secrets/${secret}`),
        variable,
      ).toContain(value);
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
  }
});

it('compose.yaml sets variables of the bridge that there are, and uses the image as it is', () => {
  const bridge = compose.services.bridge;
  const known = new Set(settingPaths().map(variableOf));
  const named = Object.keys(bridge?.environment ?? {}).map((name) => name.replace(/_FILE$/, ''));
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  expect(named).toEqual(expect.arrayContaining(['ODOO_URL', 'ODOO_DB', 'ODOO_LOGIN', 'ODOO_API_KEY']));
  const port = /^EXPOSE (\d+)$/m.exec(dockerfile)?.[1];
  expect(bridge?.ports?.[0]?.endsWith(`:${port}`)).toBe(true);
  expect(bridge?.volumes[0]?.split(':')[1]).toBe(/^VOLUME (\S+)$/m.exec(dockerfile)?.[1]);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
});

it('compose.yaml pins images by digest, and gives each container no more than it needs', () => {
  for (const [name, service] of services) {
    if (service.image) expect(service.image, name).toMatch(/@sha256:[0-9a-f]{64}\}?$/);
    expect(service, name).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(service.mem_limit, name).toMatch(/^\d+g$/);
    expect(service.pids_limit, name).toBeGreaterThan(0);
  }
  const grace = Number(/^(\d+)s$/.exec(compose.services.bridge?.stop_grace_period ?? '')?.[1]);
  expect(grace).toBeGreaterThan(loadSettings({}).server.shutdownMs / 1000);
});

it('the Dockerfile pins its base image, names version and revision, and leaves the sandbox out', () => {
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24[\w.-]*@sha256:[0-9a-f]{64}$/m);
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(new Set(images)).toEqual(new Set(['$' + '{NODE_IMAGE}']));
  for (const label of ['version', 'revision'])
    expect(dockerfile).toContain(`org.opencontainers.image.${label}="$${label.toUpperCase()}"`);
  expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['src/sandbox', 'src/demo']));
});
