import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, isPair, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { loadSettings } from '../../src/config/load.ts';
import { settingsSchema } from '../../src/config/schema.ts';
import { settingPaths } from '../settings.ts';

const TEXT = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8');
const LINES = TEXT.split('\n');

/** Settings that are maps themselves: explained once, above the map. */
const MAPS = new Set([
  'senders.by_id',
  'apply.by_event_type',
  'matching.aliases',
  'matching.normalise',
  'matching.registration_numbers',
  'sources',
  'opencrvs_events.forms',
  'mosip.person',
  'mosip.ids',
]);

interface Setting {
  path: string;
  /** From 0. */
  line: number;
}

function settingsIn(map: YAMLMap, above = ''): Setting[] {
  return map.items.flatMap((pair) => {
    if (!isPair(pair) || !isScalar(pair.key)) throw new Error('a setting has a name');
    const path = `${above}${pair.key.value}`;
    if (isMap(pair.value) && !MAPS.has(path)) return settingsIn(pair.value, `${path}.`);
    return [{ path, line: TEXT.slice(0, pair.key.range?.[0]).split('\n').length - 1 }];
  });
}

const document = parseDocument(TEXT).contents;
if (!isMap(document)) throw new Error('config/default.yaml holds groups of settings');
const SETTINGS = settingsIn(document);

describe('config/default.yaml', () => {
  it('is valid', () => {
    expect(settingsSchema.safeParse(parseDocument(TEXT).toJS()).error).toBeUndefined();
  });

  it.each(SETTINGS)('explains $path', ({ path, line }) => {
    expect(LINES[line - 1], path).toMatch(/^\s*# \S/);
  });

  it('has every setting that there is, and no other', () => {
    expect(SETTINGS.map(({ path }) => path).sort()).toEqual(settingPaths().sort());
  });

  it.each([
    'HOST',
    'PORT',
    'ADMIN_TOKEN',
    'ROLE',
    'INBOX_URL',
    'ODOO_URL',
    'ODOO_DB',
    'ODOO_LOGIN',
    'ODOO_API_KEY',
    'ODOO_PASSWORD',
    'ODOO_PROTOCOL',
    'ALLOW_UNSIGNED',
    'EXTENSIONS',
    'KEYS_DIR',
    'SIGNING_KEY',
    'ENCRYPTION_KEY',
    'OPENCRVS_EVENTS_SECRET',
    'OPENCRVS_EVENTS_TOKEN',
    'HEALTH_LISTEN',
    'METRICS_LISTEN',
    'METRICS_TOKEN',
    'MOSIP_SECRET',
    'MOSIP_PREVIOUS_SECRET',
    'MOSIP_PARTNER_KEY',
    'LOG_LEVEL',
  ])('names the variable %s', (variable) => {
    expect(TEXT).toMatch(new RegExp(`\\[${variable}\\b`));
  });

  it('holds the defaults that are promised', () => {
    expect(loadSettings({})).toMatchObject({
      server: { host: '127.0.0.1', port: 8080, maxBodyBytes: 1024 * 1024, adminToken: null },
      inbox: { url: 'sqlite:./data/inbox.db', retentionMs: 90 * 86_400_000 },
      odoo: { url: null, protocol: 'auto' },
      signature: { clockSkewSeconds: 60, maxWindowSeconds: 86_400, allowUnsigned: false },
      keys: {
        directory: './data/keys',
        signingKey: null,
        encryptionKey: null,
        overlapMs: 7 * 86_400_000,
      },
      receiving: { receiverIds: [] },
    });
  });

  it('holds the aliases that are promised', () => {
    expect(Object.fromEntries(loadSettings({}).matching.aliases)).toEqual({
      UIN: ['national_id'],
      NID: ['national_id'],
      NIN: ['national_id'],
      NATIONAL_ID: ['national_id'],
      BRN: ['birth_certificate'],
      BIRTH_REG_NO: ['birth_certificate'],
      BIRTH_REGISTRATION_NUMBER: ['birth_certificate'],
      PASSPORT: ['passport'],
    });
  });
});
