import type { Tracing } from './tracing.ts';

/** What is written to the log; a part of pino's interface. */
export interface TracingLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Starts traces where OpenTelemetry's variables ask for them: an endpoint (`OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), or `OTEL_TRACES_EXPORTER=otlp`, which means the one of this machine. Nothing of
 * it is loaded where they do not.
 *
 * @returns null where no traces are asked for
 */
export async function startTracing(
  env: NodeJS.ProcessEnv,
  version: string,
  log: TracingLog,
): Promise<Tracing | null> {
  if (!wantsTraces(env)) return null;
  const exporter = env.OTEL_TRACES_EXPORTER || 'otlp';
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json';
  if (exporter !== 'otlp' || !protocol.startsWith('http/')) {
    log.warn(
      {},
      'no traces are sent: OTEL_TRACES_EXPORTER must be otlp, and OTEL_EXPORTER_OTLP_PROTOCOL http/json or http/protobuf',
    );
    return null;
  }
  const { openTelemetry } = await import('./open-telemetry.ts');
  let wasOk = true;
  return openTelemetry(env, version, (ok) => {
    // Once for each change: a collector that is down for a day is one line.
    if (!ok && wasOk) log.warn({}, 'traces could not be sent; nothing else depends on them');
    if (ok && !wasOk) log.info({}, 'traces are sent again');
    wasOk = ok;
  });
}

function wantsTraces(env: NodeJS.ProcessEnv): boolean {
  if (/^true$/i.test(env.OTEL_SDK_DISABLED ?? '') || env.OTEL_TRACES_EXPORTER === 'none') return false;
  return Boolean(
    env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_TRACES_EXPORTER,
  );
}
