import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { assertDistinctive } from '../chance.ts';
import { type Family, parseMetrics, sumOf } from './prometheus-text.ts';
import { metricsIn } from './promql.ts';
import { CALLER, type CollectedSpan, fullRun, type Shown } from './run.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const promtool = (args: string[], input: string) =>
  spawnSync('promtool', args, { input, encoding: 'utf8', timeout: 200_000 });
const HAS_PROMTOOL = spawnSync('promtool', ['--version']).status === 0;

let shown: Shown;
let metrics: Map<string, Family>;
beforeAll(async () => {
  shown = await fullRun();
  metrics = parseMetrics(shown.metrics);
}, 300_000);

describe('/metrics', () => {
  const SENDER = 'crvs.signals.example';

  it('counts messages by registered sender, dialect, outcome and code', () => {
    const counted = (labels: Record<string, string>) =>
      sumOf(metrics, 'crvs_bridge_notifications_total', labels);
    expect(counted({ sender: SENDER, dialect: 'openspp', outcome: 'accepted', code: '' })).toBe(3);
    expect(counted({ sender: SENDER, dialect: 'spdci', outcome: 'accepted' })).toBe(1);
    expect(counted({ sender: SENDER, outcome: 'repeated' })).toBe(1);
    // The forged one claims to be the sender's, and so does the unsigned one.
    expect(counted({ sender: SENDER, outcome: 'refused', code: 'err.signature.invalid' })).toBe(1);
    expect(counted({ sender: SENDER, outcome: 'refused', code: 'err.signature.missing' })).toBe(1);
    expect(counted({ sender: 'unknown', outcome: 'refused', code: 'err.sender_id.invalid' })).toBe(1);
    expect(counted({ sender: 'forger' })).toBeNull();
    expect(counted({ sender: 'unknown', outcome: 'refused', code: 'err.request.bad' })).toBe(1);
    const refused = (reason: string) => sumOf(metrics, 'crvs_bridge_signature_refusals_total', { reason });
    expect(refused('signature.mismatch')).toBe(1);
    expect(refused('sender.unknown')).toBe(1);
  });

  it('times the steps of receiving', () => {
    for (const [step, times] of [
      ['verify', 6],
      ['commit', 5],
      ['ack', 5],
    ] as const) {
      expect(sumOf(metrics, `crvs_bridge_${step}_duration_seconds_count`), step).toBe(times);
      expect(sumOf(metrics, `crvs_bridge_${step}_duration_seconds_sum`), step).toBeGreaterThan(0);
    }
    expect(sumOf(metrics, 'crvs_bridge_inbox_commit_group_messages_sum')).toBe(5);
  });

  it('reports the delivery, of Odoo and of the breaker', () => {
    const attempts = (labels: Record<string, string>) =>
      sumOf(metrics, 'crvs_bridge_delivery_attempts_total', labels);
    expect(attempts({ outcome: 'processed' })).toBe(3);
    expect(attempts({ outcome: 'error' })).toBe(1);
    expect(attempts({ outcome: 'released', reason: 'odoo.unreachable' })).toBeGreaterThanOrEqual(1);
    expect(sumOf(metrics, 'crvs_bridge_delivery_age_seconds_count', { outcome: 'processed' })).toBe(3);
    const call = { model: 'spp.dci.crvs.event', method: 'create' };
    expect(
      sumOf(metrics, 'crvs_bridge_odoo_call_duration_seconds_count', { ...call, outcome: 'ok' }),
    ).toBeGreaterThanOrEqual(4);
    expect(
      sumOf(metrics, 'crvs_bridge_odoo_call_duration_seconds_count', { outcome: 'odoo.unreachable' }),
    ).toBeGreaterThanOrEqual(1);
    expect(sumOf(metrics, 'crvs_bridge_breaker_state', { state: 'closed' })).toBe(1);
    expect(sumOf(metrics, 'crvs_bridge_breaker_state')).toBe(1);
  });

  it('reports the inbox, the senders and the process', () => {
    const value = (name: string, labels = {}) => sumOf(metrics, `crvs_bridge_${name}`, labels);
    expect(value('inbox_up')).toBe(1);
    expect(value('inbox_events', { state: 'processed' })).toBe(3);
    expect(value('inbox_events', { state: 'dead' })).toBe(0);
    expect(value('inbox_unmatched_events')).toBe(1);
    expect(value('inbox_log_bytes')).toBeGreaterThan(0);
    expect(value('inbox_oldest_unsettled_age_seconds')).not.toBeNull();
    expect(value('senders')).toBe(1);
    expect(value('sender_keys', { sender: SENDER })).toBe(1);
    expect(value('info', { role: 'all' })).toBe(1);
    expect(sumOf(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('is closed without a token, but on an address of its own where that asks for none', () => {
    expect(shown.access).toEqual({ none: 401, wrong: 401, admin: 200, own: 401, ownWithToken: 200 });
  });

  it.runIf(HAS_PROMTOOL)('passes promtool', () => {
    const { status, stdout, stderr } = promtool(['check', 'metrics'], shown.metrics);
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});

describe('no name, identifier or secret', () => {
  it.each(['log', 'metrics', 'collected'] as const)('is in the %s of a full run', (where) => {
    expect(shown.secrets.length).toBeGreaterThan(20);
    expect(shown[where].length).toBeGreaterThan(1000);
    assertDistinctive(shown.secrets, shown[where]);
    expect(shown.secrets.filter((secret) => secret === '' || shown[where].includes(secret))).toEqual([]);
  });

  it('was missed because nothing happened: each message met what it was meant to', () => {
    const statuses = Object.fromEntries(Object.entries(shown.answers).map(([k, { status }]) => [k, status]));
    expect(statuses).toEqual({
      birth: 202,
      'birth again': 202,
      death: 202,
      stranger: 202,
      forged: 401,
      'unknown sender': 401,
      'no JSON': 400,
      unsigned: 401,
      callback: 400,
      delayed: 202,
    });
  });
});

describe('one message', () => {
  const linesWith = (id: string) =>
    shown.lines.filter((line) => JSON.stringify(line).includes(id)).map(({ msg }) => msg);

  it('has one id, from the answer over the log to events show', () => {
    expect(shown.answers.birth?.requestId).toBe(shown.birth.correlationId);
    expect(linesWith(shown.birth.correlationId)).toEqual(
      expect.arrayContaining([
        'a message was committed',
        'an event is being delivered',
        'Odoo was called',
        'a batch was delivered',
        'an attempt has ended',
      ]),
    );
  });

  it('has it in the lines of attempts that failed', () => {
    expect(shown.answers.delayed?.requestId).toBe(shown.delayed.correlationId);
    expect(shown.delayed.history.length).toBeGreaterThanOrEqual(2);
    expect(linesWith(shown.delayed.correlationId)).toContain('the delivery waits for Odoo');
    const ended = shown.lines.filter(
      ({ msg, correlation }) => msg === 'an attempt has ended' && correlation === shown.delayed.correlationId,
    );
    expect(ended.map(({ outcome }) => outcome)).toEqual(
      shown.delayed.history.map(({ outcome }) => (outcome === 'processed' ? outcome : 'released')),
    );
  });

  it('tells a repeat apart, and names the message that it repeats', () => {
    const again = shown.answers['birth again'];
    expect(again?.requestId).not.toBe(shown.birth.correlationId);
    expect(shown.lines).toContainEqual(
      expect.objectContaining({
        request: again?.requestId,
        correlation: shown.birth.correlationId,
        kind: 'repeated',
      }),
    );
  });

  it('has it in the lines of a refusal, and in its answer', () => {
    const { requestId, text } = shown.answers.forged ?? {};
    expect(text).toContain(requestId);
    expect(linesWith(requestId ?? '-')).toEqual([
      'a signature was refused',
      'a message was refused',
      'a request was refused',
    ]);
  });
});

describe('traces', () => {
  const attribute = (span: CollectedSpan, key: string) =>
    Object.values(span.attributes.find((one) => one.key === key)?.value ?? {})[0];
  const spansOf = (name: string, correlationId: string) =>
    shown.spans.filter(
      (span) => span.name === name && attribute(span, 'crvs.correlation_id') === correlationId,
    );
  const hex = (correlationId: string) => correlationId.replaceAll('-', '');

  it('make the request the root of the trace that the correlation id names', () => {
    const id = shown.delayed.correlationId;
    const [request] = spansOf('receive message', id);
    expect(request).toMatchObject({ traceId: hex(id), spanId: hex(id).slice(16) });
    expect(request?.parentSpanId ?? '').toBe('');
    const steps = shown.spans.filter(({ parentSpanId }) => parentSpanId === request?.spanId);
    expect(steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['verify', 'commit', 'deliver event']),
    );
  });

  it('take up the trace of the caller, and link it to that of the message', () => {
    const id = shown.birth.correlationId;
    const [request] = spansOf('receive message', id);
    expect(request).toMatchObject({ traceId: CALLER.traceId, parentSpanId: CALLER.spanId });
    expect(request?.links).toMatchObject([{ traceId: hex(id), spanId: hex(id).slice(16) }]);
    const [message] = spansOf('message', id);
    expect(message).toMatchObject({ traceId: hex(id), spanId: hex(id).slice(16) });
    expect(message?.links).toMatchObject([{ traceId: CALLER.traceId, spanId: request?.spanId }]);
  });

  it('link the delivery to its messages, and the calls of Odoo to the delivery', () => {
    const id = shown.birth.correlationId;
    const [delivered] = spansOf('deliver event', id);
    expect(delivered).toMatchObject({ traceId: hex(id), parentSpanId: hex(id).slice(16) });
    const batch = shown.spans.find(({ spanId }) => spanId === delivered?.links?.[0]?.spanId);
    expect(batch?.name).toBe('deliver batch');
    expect(batch?.links).toMatchObject([{ traceId: hex(id), spanId: hex(id).slice(16) }]);
    const calls = shown.spans.filter(({ parentSpanId }) => parentSpanId === batch?.spanId);
    expect(calls.map(({ name }) => name)).toContain('odoo spp.dci.crvs.event.create');
    // What Odoo got names the very span of the call.
    for (const { traceId, spanId } of calls)
      expect(shown.odooTraceparents).toContain(`00-${traceId}-${spanId}-01`);
  });

  it('show each attempt of an event that had to wait', () => {
    const outcomes = spansOf('deliver event', shown.delayed.correlationId).map((span) => [
      attribute(span, 'crvs.outcome'),
      attribute(span, 'crvs.reason'),
    ]);
    expect(outcomes).toContainEqual(['released', 'odoo.unreachable']);
    expect(outcomes).toContainEqual(['processed', undefined]);
  });

  it('name the service', () => {
    expect(shown.collected).toContain('"service.name","value":{"stringValue":"bridge-under-test"}');
  });
});

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}
const RULES = (
  parse(read('ops/alerts.yaml')) as { groups: { name: string; rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules);
const PANELS = (
  JSON.parse(read('ops/dashboard.json')) as {
    panels: { title: string; type: string; targets?: { expr: string }[] }[];
  }
).panels.filter(({ type }) => type !== 'row' && type !== 'alertlist');

const ALERT_TESTS = ['test/signals/alerts.test.yaml', 'test/signals/alerts-of-days.test.yaml'];
/** Prometheus' own, for each target. */
const OF_PROMETHEUS = new Set(['up']);
const isKnown = (name: string) =>
  OF_PROMETHEUS.has(name) || metrics.has(name) || metrics.has(name.replace(/_(?:bucket|sum|count)$/, ''));

describe('ops/alerts.yaml', () => {
  it('has rules, each under a name of its own', () => {
    expect(RULES.length).toBeGreaterThan(10);
    expect(new Set(RULES.map(({ alert }) => alert)).size).toBe(RULES.length);
  });

  it.each(RULES)('$alert asks for metrics that there are', ({ expr }) => {
    const names = metricsIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
  });

  it.each(RULES)('$alert says how bad it is, since when, and what to do', (rule) => {
    expect(rule.alert).toMatch(/^CrvsBridge[A-Z]\w+$/);
    expect(rule.for).toMatch(/^\d+[mh]$/);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    // Two deployments in one Prometheus: each alert says which.
    expect(rule.annotations.summary).toContain('$labels.job');
    expect(rule.annotations.summary).toContain('$labels.namespace');
    expect(rule.annotations.runbook_url).toBe(
      `{{ with $externalLabels.crvs_bridge_runbook }}{{ . }}{{ else }}docs/runbook.md{{ end }}#${rule.alert.toLowerCase()}`,
    );
    const [, section = ''] = read('docs/runbook.md').split(`\n## ${rule.alert}\n`);
    const own = section.split('\n## ')[0];
    for (const part of ['What it means', 'How to look', 'What to do', 'How to know that it is over'])
      expect(own).toContain(`**${part}.**`);
  });

  it('has a test in which each rule fires', () => {
    const tests = ALERT_TESTS.flatMap(
      (name) =>
        (
          parse(read(name)) as {
            tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
          }
        ).tests,
    );
    const fired = new Set(
      tests.flatMap(({ alert_rule_test: all }) =>
        all.filter(({ exp_alerts: expected }) => expected.length > 0).map(({ alertname }) => alertname),
      ),
    );
    expect(RULES.map(({ alert }) => alert).filter((name) => !fired.has(name))).toEqual([]);
  });

  it.runIf(HAS_PROMTOOL)('passes promtool, and fires when it should', () => {
    const checked = promtool(
      ['check', 'rules', new URL('../../ops/alerts.yaml', import.meta.url).pathname],
      '',
    );
    expect(checked.stdout + checked.stderr).toContain('SUCCESS');
    const files = ALERT_TESTS.map((name) => new URL(`../../${name}`, import.meta.url).pathname);
    const tested = promtool(['test', 'rules', ...files], '');
    expect({ status: tested.status, said: tested.stderr }).toMatchObject({ status: 0 });
  });
});

describe('docs/runbook.md', () => {
  it('has no section without an alert, and leads nowhere that is not', () => {
    const text = read('docs/runbook.md');
    const sections = [...text.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(RULES.map(({ alert }) => alert));
    const anchors = (path: string) =>
      [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
    for (const [, file, anchor = ''] of text.matchAll(/\]\(([\w.-]+\.md)?#([\w-]+)\)/g))
      expect(anchors(`docs/${file ?? 'runbook.md'}`), `${file}#${anchor}`).toContain(anchor);
  });
});

describe('ops/dashboard.json', () => {
  it.each(PANELS)('$title asks for metrics that there are', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr } of targets) expect(metricsIn(expr).filter((name) => !isKnown(name))).toEqual([]);
  });
});
