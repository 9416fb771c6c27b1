import type { VitalEventType } from '../events/vital-event.ts';
import type { Source } from '../registries/source.ts';

/** What somebody should know of catching up on these events at a source, before it starts; no personal data. */
export function backfillNotes({ dialect, queryStyle }: Source, types: readonly VitalEventType[]): string[] {
  if (dialect !== 'opencrvs') return [];
  const notes: string[] = [];
  if (types.includes('death')) {
    notes.push(
      'the deaths of an OpenCRVS come without a date: they are applied as such, and memberships end on the day that the ' +
        'death is received; whether a death lies in the range is for the registry alone to say',
    );
  }
  if (types.includes('marriage') && ignoresRange({ dialect, queryStyle }, 'marriage')) {
    notes.push(
      'an OpenCRVS gives all marriages for each slice, whatever range is asked for: those outside it by their date are ' +
        'left out. Ask in few slices (--slice-days 3660)',
    );
  }
  return notes;
}

/** Whether the registry takes no notice of the range that it is asked for. */
export function ignoresRange(
  { dialect, queryStyle = 'predicate' }: Pick<Source, 'dialect' | 'queryStyle'>,
  type: VitalEventType,
): boolean {
  return dialect === 'opencrvs' && queryStyle === 'predicate' && type === 'marriage';
}
