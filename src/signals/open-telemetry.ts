import { channel } from 'node:diagnostics_channel';
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type Sampler,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { inContext, type WorkContext, workContext } from './context.ts';
import { samplersOf } from './samplers.ts';
import type { EventInHand } from './signals.ts';
import { parseTraceparent, type RequestTrace, type Tracing, traceOf } from './tracing.ts';

/** Messages that one batch is linked to at most; their own traces name the batch in any case. */
const MAX_LINKS = 1000;

/** A context with its span, which the spans of calls have for a parent. */
interface TracedContext extends WorkContext {
  readonly context: Context;
  readonly span: Span;
}

/**
 * Traces by OpenTelemetry's SDK, sent as OTLP over HTTP. Loaded only where the environment asks for traces. Reads
 * `OTEL_EXPORTER_OTLP_…` (the exporter itself), `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
 * `OTEL_TRACES_SAMPLER(_ARG)` and `OTEL_BSP_…`.
 *
 * @param onExport called after each try to send spans
 */
export function openTelemetry(
  env: NodeJS.ProcessEnv,
  version: string,
  onExport: (ok: boolean) => void,
): Tracing {
  return new OpenTelemetry(env, version, onExport);
}

class OpenTelemetry implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #ids = new GivenIds();
  readonly #rootSampler: Sampler;
  readonly #unhook: () => void;

  constructor(env: NodeJS.ProcessEnv, version: string, onExport: (ok: boolean) => void) {
    const { sampler, root } = samplersOf(env);
    this.#rootSampler = root;
    const name = { 'service.name': 'openspp-crvs-bridge', 'service.version': version };
    this.#provider = new TracerProvider({
      sampler,
      idGenerator: this.#ids,
      resource: defaultResource()
        .merge(resourceFromAttributes(name))
        .merge(detectResources({ detectors: [envDetector] })),
      spanLimits: { linkCountLimit: MAX_LINKS },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: outsideOfTraces(new OTLPTraceExporter(), onExport),
          ...numberOf('scheduledDelayMillis', env.OTEL_BSP_SCHEDULE_DELAY),
          ...numberOf('maxQueueSize', env.OTEL_BSP_MAX_QUEUE_SIZE),
          ...numberOf('maxExportBatchSize', env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
          ...numberOf('exportTimeoutMillis', env.OTEL_BSP_EXPORT_TIMEOUT),
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('openspp-crvs-bridge', version);
    this.#unhook = carryTraceparent();
  }

  request(correlationId: string, traceparent: string | undefined): RequestTrace {
    const attributes = { 'crvs.correlation_id': correlationId };
    const own = traceOf(correlationId);
    const caller = parseTraceparent(traceparent);
    if (!caller) {
      this.#ids.give(own);
      return new RequestSpans(this.#tracer, this.#start('receive message', SpanKind.SERVER, attributes));
    }
    // The caller's trace goes on through the request; the message has its own, which the delivery finds by
    // the correlation id alone. Each is linked to the other.
    const request = this.#start('receive message', SpanKind.SERVER, attributes, {
      parent: { ...caller, isRemote: true },
      links: [{ context: { ...own, traceFlags: this.#flagsOf(own.traceId) } }],
    });
    this.#ids.give(own);
    const message = this.#start('message', SpanKind.INTERNAL, attributes, {
      links: [{ context: request.spanContext() }],
    });
    return new RequestSpans(this.#tracer, request, message);
  }

  operation<T>(route: string, traceparent: string | undefined, work: () => Promise<T>): Promise<T> {
    const caller = parseTraceparent(traceparent);
    const span = this.#start(
      route,
      SpanKind.SERVER,
      { 'http.route': route },
      {
        parent: caller ? { ...caller, isRemote: true } : null,
      },
    );
    return ended(span, inContext(contextOf(span, null), work), () => 'failed');
  }

  batch<T>(
    correlationIds: readonly string[],
    log: Record<string, unknown>,
    work: () => Promise<T>,
  ): Promise<T> {
    const links = correlationIds.map((correlationId): Link => {
      const own = traceOf(correlationId);
      return {
        context: { ...own, traceFlags: this.#flagsOf(own.traceId) },
        attributes: { 'crvs.correlation_id': correlationId },
      };
    });
    const attributes = { 'crvs.batch': String(log.batch), 'crvs.batch.messages': correlationIds.length };
    const span = this.#start('deliver batch', SpanKind.CONSUMER, attributes, { links });
    return ended(span, inContext(contextOf(span, log), work), () => 'failed');
  }

  delivered(event: EventInHand, outcome: string, reason: string, startedAt: number): void {
    const own = traceOf(event.correlationId);
    const batch = tracedContext()?.span.spanContext();
    const span = this.#start(
      'deliver event',
      SpanKind.CONSUMER,
      {
        'crvs.correlation_id': event.correlationId,
        'crvs.event.id': event.id,
        'crvs.event.type': event.type,
        'crvs.outcome': outcome,
        ...(reason === '' ? {} : { 'crvs.reason': reason }),
      },
      {
        parent: { ...own, traceFlags: this.#flagsOf(own.traceId), isRemote: true },
        links: batch ? [{ context: batch }] : [],
        startTime: startedAt,
      },
    );
    if (outcome === 'dead') span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    span.end();
  }

  call<T>(
    model: string,
    method: string,
    work: () => Promise<T>,
    outcomeOf: (error: unknown) => string,
  ): Promise<T> {
    const above = tracedContext();
    const attributes = { 'rpc.system': 'odoo', 'rpc.service': model, 'rpc.method': method };
    const span = this.#start(`odoo ${model}.${method}`, SpanKind.CLIENT, attributes, {
      parent: above?.span.spanContext() ?? null,
    });
    return ended(span, inContext(contextOf(span, above?.log ?? null), work), outcomeOf);
  }

  async stop(): Promise<void> {
    this.#unhook();
    await this.#provider.shutdown();
  }

  #start(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    more: { parent?: SpanContext | null; links?: Link[]; startTime?: number } = {},
  ): Span {
    const { parent, ...options } = more;
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    return this.#tracer.startSpan(name, { kind, attributes, ...options }, context);
  }

  /** Whether the trace of a message is kept: the sampler decides by the id alone, so that every process says the same. */
  #flagsOf(traceId: string): TraceFlags {
    const { decision } = this.#rootSampler.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.SERVER, {}, []);
    return decision === 2 ? TraceFlags.SAMPLED : TraceFlags.NONE;
  }
}

class RequestSpans implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #request: Span;
  /** The first span of the message's own trace, where the request is part of the caller's. */
  readonly #message: Span | null;
  readonly #context: TracedContext;

  constructor(tracer: Tracer, request: Span, message: Span | null = null) {
    this.#tracer = tracer;
    this.#request = request;
    this.#message = message;
    this.#context = contextOf(request, null);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return inContext(this.#context, work);
  }

  from(sender: string): void {
    this.#request.setAttribute('crvs.sender', sender);
    this.#message?.setAttribute('crvs.sender', sender);
  }

  step(name: 'verify' | 'commit', startedAt: number): void {
    const startTime = performance.timeOrigin + startedAt;
    this.#tracer.startSpan(name, { startTime }, this.#context.context).end();
  }

  end(dialect: string, outcome: string, code: string): void {
    for (const span of [this.#request, this.#message]) {
      span?.setAttributes({ 'crvs.dialect': dialect, 'crvs.outcome': outcome });
      if (code !== '') span?.setAttribute('crvs.code', code);
      if (outcome === 'failed') span?.setStatus({ code: SpanStatusCode.ERROR, message: code });
      span?.end();
    }
  }
}

function contextOf(span: Span, log: WorkContext['log']): TracedContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = traceFlags.toString(16).padStart(2, '0');
  return {
    log,
    span,
    context: trace.setSpan(ROOT_CONTEXT, span),
    traceparent: `00-${traceId}-${spanId}-${flags}`,
  };
}

function tracedContext(): TracedContext | null {
  const current = workContext();
  return current && 'span' in current ? (current as TracedContext) : null;
}

/** Ends a span when its work ends. Errors could quote anything: their code alone is kept. */
async function ended<T>(span: Span, work: Promise<T>, codeOf: (error: unknown) => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Random ids, but for the span that ids were given for. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #given: { traceId: string; spanId: string } | null = null;

  /** For the next span, which must have no parent; the SDK asks for its span id first. */
  give(ids: { traceId: string; spanId: string }): void {
    this.#given = ids;
  }

  generateSpanId(): string {
    return this.#given?.spanId ?? this.#random.generateSpanId();
  }

  generateTraceId(): string {
    const given = this.#given;
    this.#given = null;
    return given?.traceId ?? this.#random.generateTraceId();
  }
}

/** The exporter's own requests are part of no trace, whatever span filled the batch. */
function outsideOfTraces(exporter: SpanExporter, onExport: (ok: boolean) => void): SpanExporter {
  return {
    export(spans, done) {
      inContext(null, () =>
        exporter.export(spans, (result) => {
          onExport(result.code === 0);
          done(result);
        }),
      );
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/**
 * Lets every request to others, by `fetch` or Node's own client, carry the `traceparent` of the work that it is part
 * of; through Node's diagnostics channels, so that what makes the requests need not know of it.
 *
 * @returns takes it back
 */
function carryTraceparent(): () => void {
  const onFetch = (message: unknown) => {
    const { traceparent } = workContext() ?? {};
    const { request } = message as { request: { addHeader(name: string, value: string): void } };
    if (traceparent) request.addHeader('traceparent', traceparent);
  };
  const onRequest = (message: unknown) => {
    const { traceparent } = workContext() ?? {};
    const { request } = message as {
      request: { headersSent: boolean; setHeader(name: string, value: string): void };
    };
    if (traceparent && !request.headersSent) request.setHeader('traceparent', traceparent);
  };
  channel('undici:request:create').subscribe(onFetch);
  channel('http.client.request.created').subscribe(onRequest);
  return () => {
    channel('undici:request:create').unsubscribe(onFetch);
    channel('http.client.request.created').unsubscribe(onRequest);
  };
}

/** An option with the number of a variable; nothing where that holds none, as the specification says. */
function numberOf(option: string, text: string | undefined): Record<string, number> {
  return /^\d+$/.test(text ?? '') ? { [option]: Number(text) } : {};
}
