import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

/**
 * The samplers that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` name; `parentbased_always_on` where they name
 * none, or one that is not known, as OpenTelemetry's specification says.
 *
 * @returns `sampler`, and as `root` the one that decides on traces that begin here
 */
export function samplersOf(env: NodeJS.ProcessEnv): { sampler: Sampler; root: Sampler } {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const root = rootSampler(name.replace(/^parentbased_/, ''), env.OTEL_TRACES_SAMPLER_ARG);
  const alone = ['always_on', 'always_off', 'traceidratio'].includes(name);
  return { root, sampler: alone ? root : new ParentBasedSampler({ root }) };
}

function rootSampler(name: string, argument: string | undefined): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  if (name !== 'traceidratio') return new AlwaysOnSampler();
  const ratio = argument ? Number(argument) : 1;
  return new TraceIdRatioBasedSampler(ratio >= 0 && ratio <= 1 ? ratio : 1);
}
