import { type Capacity, type Country, needOf } from '../lib/scale-model.ts';
import { figure, table } from '../lib/table.ts';

/** A year in a country where births, deaths, marriages and divorces are all as many as anywhere; see docs/scale.md. */
const YEAR: Omit<Country, 'people'> = {
  messagesPerThousand: 84,
  eventsPerThousand: 99,
  workingDays: 250,
  peakHourShare: 0.2,
};

/** What the parts take on the machine of docs/scale.md. */
const CAPACITY: Capacity = {
  receiverPerSecond: 2000,
  odooWorkerPerSecond: 100,
  inboxBytes: 2700,
  retentionDays: 90,
};

const MILLIONS = [10, 100, 1000] as const;
/** As many as the bridge uses by default (`delivery.concurrency`). */
const WORKERS = 2;

/** What countries of three sizes need, as docs/scale.md shows it. */
export function countryTable(): string {
  return table(
    [
      'people',
      'messages a day',
      'at the peak, a second',
      'receivers',
      'Odoo workers',
      "a week's events",
      `hours with ${WORKERS} workers`,
      'inbox GB',
    ],
    MILLIONS.map((millions) => {
      const country = { ...YEAR, people: millions * 1_000_000 };
      const need = needOf(country, CAPACITY);
      return [
        `${millions} million`,
        figure(need.messagesPerDay, 0),
        figure(need.peakPerSecond, 1),
        figure(need.receivers, 0),
        figure(need.odooWorkers, 0),
        figure(need.backlog, 0),
        figure(needOf(country, CAPACITY, WORKERS).backlogHours, 2),
        figure(need.inboxGb, 1),
      ];
    }),
  );
}
