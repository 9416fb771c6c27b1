import type { ScreeningSettings } from '../screening/run-tools.ts';
import type { Settings } from './schema.ts';

/** The settings of screenings, in the form that they ask for. */
export function screeningSettings({
  screening,
  backfill,
  inbox,
  matching,
}: Pick<Settings, 'screening' | 'backfill' | 'inbox' | 'matching'>): ScreeningSettings {
  return {
    chunkSize: screening.chunk_size,
    batchSize: screening.batch_size,
    patienceMs: screening.patience_seconds * 1000,
    order: matching.order,
    // What it files waits behind the same limit as what a catch-up finds.
    backlogLimit: backfill.backlog_limit,
    queueLimit: inbox.queue_limit,
  };
}
