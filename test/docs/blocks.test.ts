import { writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { blocks, textOf } from './documents.ts';

/** The error of each block, with where it is. */
const failing = (language: string, check: (code: string) => unknown) => {
  const all = blocks(language);
  expect(all.length, language).toBeGreaterThan(0);
  return all.flatMap(({ file, code }) => {
    try {
      check(code);
      return [];
    } catch (error) {
      return [`${file}: ${(error as Error).message}\n${code}`];
    }
  });
};

describe('the examples in the documents', () => {
  it('in JSON can be read', () => {
    expect(failing('json', JSON.parse)).toEqual([]);
  });

  it('in YAML can be read, and those of settings are accepted', () => {
    const file = join(temporaryFolder(), 'settings.yaml');
    const sections = Object.keys(parse(textOf('config/default.yaml')) as object);
    let settings = 0;
    const check = (code: string) => {
      const content = (parse(code) ?? {}) as Record<string, unknown>;
      if (!Object.keys(content).every((name) => sections.includes(name))) return;
      settings += 1;
      // Each example has a part of what MOSIP needs.
      const mosip = content.mosip && {
        client_secret: 'a-secret',
        secret: 'a-secret-of-more-than-32-characters',
        topics: ['partner/TOPIC'],
        ...content.mosip,
      };
      writeFileSync(file, JSON.stringify({ ...content, ...(mosip ? { mosip } : {}) }));
      loadSettings({}, file);
    };
    expect(failing('yaml', check)).toEqual([]);
    expect(settings).toBeGreaterThan(4);
  });

  it('in TypeScript can be read, and import what there is to import', () => {
    const exported = textOf('src/index.ts');
    const check = (code: string) => {
      // A part of an object or of an interface, as a document shows it, is none by itself.
      if (/^(?:interface|rules:|\w+\()/.test(code)) return;
      // Examples show what is in a function, too.
      stripTypeScriptTypes(code.replaceAll(/^(?:await|return) /gm, ''));
      for (const [, names = ''] of code.matchAll(/import \{([^}]*)\} from 'openspp-crvs-bridge'/g)) {
        for (const name of names.split(',').map((one) => one.replace(/^\s*type /, '').trim()))
          expect(exported, name).toMatch(new RegExp(`\\b${name}\\b`));
      }
    };
    expect(failing('ts', check)).toEqual([]);
  });
});
