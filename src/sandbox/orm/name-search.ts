import type { Environment, Model } from '../model/types.ts';

/** The ids and names of the records whose name matches. */
export function searchByName(
  env: Environment,
  model: Model,
  name: unknown,
  domain: unknown,
  operator: string,
  limit: number | undefined,
): [id: number, name: string][] {
  const byName = name ? [['display_name', operator, name]] : [];
  const also = Array.isArray(domain) ? domain : [];
  const ids = env.search(model.name, [...also, ...byName], { limit, order: model.order });
  return ids.map((id) => [id, env.displayName(model.name, id)]);
}
