import {
  type AnnouncedEvent,
  dayOf,
  defineExtension,
  MessageRefused,
  textAt,
  valueAt,
} from '../../src/index.ts';

const KINDS: Readonly<Record<string, AnnouncedEvent['type']>> = { B: 'birth', D: 'death', M: 'marriage' };

/**
 * A country whose registry sends lines of text, one event each, in the message of an ordinary signed envelope:
 *
 * `{"lines": ["D;2024-12-01;199012345678;D-2024-77"]}`: what happened, when, the national ID, the registration number.
 */
export default defineExtension({
  name: 'flat-record',
  api: 1,
  dialect: {
    read(message) {
      const lines = valueAt(message, 'lines');
      if (!Array.isArray(lines)) return null;
      return lines.map((_, position) => eventOf(textAt(lines, position) ?? '', `message.lines[${position}]`));
    },
  },
});

function eventOf(line: string, place: string): AnnouncedEvent {
  const [kind = '', day = '', nid = '', number = ''] = line.split(';').map((part) => part.trim());
  const type = KINDS[kind];
  if (!type) throw new MessageRefused(place, 'must begin with B, D or M');
  const date = dayOf(day);
  if (date === null) {
    throw new MessageRefused(place, 'must have a day such as 2024-12-01 in its second place');
  }
  const own = { birth: 'BRN', death: 'DRN', marriage: 'MRN', divorce: 'MRN' }[type];
  const identifiers = [
    { type: 'NID', value: nid },
    { type: own, value: number },
  ];
  return { type, date, identifiers: identifiers.filter(({ value }) => value !== '') };
}
