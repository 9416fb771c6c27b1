import { readFileSync, writeFileSync } from 'node:fs';
import { withReadings } from '../test/readings/cases.ts';

const guide = new URL('../docs/integrators-guide.md', import.meta.url);
writeFileSync(guide, withReadings(readFileSync(guide, 'utf8')));
