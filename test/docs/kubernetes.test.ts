import { readFileSync } from 'node:fs';
import { Deployment } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service, ServiceAccount } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { variableOf } from '../../src/config/environment.ts';
import { loadSettings } from '../../src/config/load.ts';
import { settingPaths } from '../settings.ts';

type Labels = Record<string, string>;

const MODELS = { ConfigMap, Deployment, NetworkPolicy, PodDisruptionBudget, Service, ServiceAccount };
const FOLDER = new URL('../../ops/kubernetes/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const { resources } = parse(read('kustomization.yaml')) as { resources: string[] };
const manifests = resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS()),
);
const all = <K extends keyof typeof MODELS>(kind: K) =>
  manifests
    .filter((one) => one.kind === kind)
    .map((one) => new MODELS[kind](one) as InstanceType<(typeof MODELS)[K]>);
const deployments = all('Deployment');
const NAMED = deployments.map(({ metadata, spec }) => ({ name: metadata?.name, spec }));
const matches = (selector: Labels | undefined, labels: Labels | undefined) =>
  Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);

describe('ops/kubernetes', () => {
  it.each(manifests.map((one) => ({ name: `${one.kind} ${one.metadata.name}`, one })))(
    '$name is as the schema of Kubernetes asks for',
    ({ one }) => {
      const model = MODELS[one.kind as keyof typeof MODELS];
      expect(() => new model(one).validate()).not.toThrow();
    },
  );

  it('has receivers and workers, each with a disruption budget of its own', () => {
    expect(deployments.map(({ metadata }) => metadata?.name)).toEqual([
      'crvs-bridge-receiver',
      'crvs-bridge-worker',
    ]);
    for (const { spec } of deployments) {
      const labels = spec?.template.metadata?.labels;
      expect(matches(spec?.selector.matchLabels, labels)).toBe(true);
      const budgets = all('PodDisruptionBudget').filter((one) =>
        matches(one.spec?.selector?.matchLabels, labels),
      );
      expect(budgets).toHaveLength(1);
    }
  });

  it('sends messages to receivers alone, and lets the policy hold for all pods', () => {
    const [receiver, worker] = deployments.map(({ spec }) => spec?.template.metadata?.labels);
    const [service] = all('Service');
    expect(matches(service?.spec?.selector, receiver)).toBe(true);
    expect(matches(service?.spec?.selector, worker)).toBe(false);
    const [policy] = all('NetworkPolicy');
    for (const labels of [receiver, worker])
      expect(matches(policy?.spec?.podSelector?.matchLabels, labels)).toBe(true);
  });

  it.each(NAMED)('runs $name without rights, and probes the health port', ({ spec }) => {
    const pod = spec?.template.spec;
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    const [bridge] = pod?.containers ?? [];
    expect(bridge?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const ports = new Map(bridge?.ports?.map(({ name, containerPort }) => [name, containerPort]));
    expect(ports.get('health')).toBe(8081);
    for (const probe of [bridge?.startupProbe, bridge?.livenessProbe, bridge?.readinessProbe])
      expect(probe?.httpGet?.port).toBe('health');
    expect(bridge?.resources?.limits?.memory).toBeDefined();
  });

  it.each(NAMED)('mounts what $name names, and gives it longer to stop than the bridge takes', ({ spec }) => {
    const pod = spec?.template.spec;
    const [bridge] = pod?.containers ?? [];
    expect(bridge?.volumeMounts?.map(({ name }) => name)).toEqual(pod?.volumes?.map(({ name }) => name));
    const configMaps = all('ConfigMap').map(({ metadata }) => metadata?.name);
    expect(configMaps).toContain(bridge?.envFrom?.[0]?.configMapRef?.name);
    expect(configMaps).toContain(pod?.volumes?.find(({ name }) => name === 'settings')?.configMap?.name);
    const settings = parse(
      all('ConfigMap').find(({ metadata }) => metadata?.name === 'crvs-bridge-settings')?.data?.[
        'settings.yaml'
      ] ?? '',
    ) as { server: { shutdown_seconds: number } };
    const sleep = Number(bridge?.lifecycle?.preStop?.exec?.command?.[1] ?? 0);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(sleep + settings.server.shutdown_seconds);
  });

  it('sets variables and settings that the bridge has', () => {
    const known = new Set(settingPaths().map(variableOf));
    const environment = all('ConfigMap').find(
      ({ metadata }) => metadata?.name === 'crvs-bridge-environment',
    )?.data;
    const names = [
      ...Object.keys(environment ?? {}),
      ...deployments.flatMap(({ spec }) =>
        (spec?.template.spec?.containers[0]?.env ?? []).map(({ name }) => name.replace(/_FILE$/, '')),
      ),
    ];
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const loaded = loadSettings({
      ...environment,
      INBOX_URL: 'postgres://bridge@db/bridge',
      ODOO_API_KEY: 'key',
    });
    expect(loaded.server.healthListen).toEqual({ host: '0.0.0.0', port: 8081 });
  });
});
