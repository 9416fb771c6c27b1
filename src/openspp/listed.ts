/** As many as a person reads. */
const SHOWN = 10;

/** The first of these, for a sentence: a placeholder such as `N/A` may be the number of thousands. */
export function listed(all: readonly (string | number)[]): string {
  return [...all.slice(0, SHOWN), ...(all.length > SHOWN ? ['…'] : [])].join(', ');
}
