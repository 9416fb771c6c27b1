import type { ModelOptions } from './models/all.ts';

/** The deployments of OpenSPP that the contract is tested against, by what they have besides its base. */
export const FACES = {
  /** OpenSPP and the programs module. */
  plain: {},
  /** A death date, an ID type `brn` with a format, a sequence for deaths. */
  extras: { extras: true },
  /** As the SP-MIS starter makes it: the registry lock, change requests, source tracking. */
  spmis: { lock: true, changeRequests: true, sourceTracking: true },
  /** Registry IDs before spp_registry 19.0.2.2.2: an invalid one blocks its type. */
  oldids: { oldIds: true },
} as const satisfies Readonly<Record<string, Partial<ModelOptions>>>;

export type Face = keyof typeof FACES;

/** Whether there is a face with this name. */
export function isFace(name: string): name is Face {
  return Object.hasOwn(FACES, name);
}
