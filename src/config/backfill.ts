import type { BackfillSettings } from '../backfill/service.ts';
import type { Settings } from './schema.ts';

/** The settings of a catch-up, in the form that it asks for. */
export function backfillSettings({
  backfill,
  inbox,
}: Pick<Settings, 'backfill' | 'inbox'>): BackfillSettings {
  return {
    pageSize: backfill.page_size,
    sliceDays: backfill.slice_days,
    backlogLimit: backfill.backlog_limit,
    queueLimit: inbox.queue_limit,
  };
}
