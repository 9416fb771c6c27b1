import type { Origin } from '../orm/environment.ts';

/** What OpenSPP's source tracking looks at in a request. */
export function originOf(request: Request): Origin {
  return {
    path: new URL(request.url).pathname,
    sourceSystem: request.headers.get('x-source-system') ?? undefined,
  };
}
