import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import type { AppEnv } from '../http/app-env.ts';
import { ASSET_HEADERS } from './headers.ts';
import type { Assets } from './views/layout.ts';

const FILES = {
  style: ['style.css', 'text/css; charset=utf-8'],
  script: ['script.js', 'text/javascript; charset=utf-8'],
  icon: ['icon.svg', 'image/svg+xml'],
} as const;

/** Serves the page's own files, and says where. */
export function addAssets(app: Hono<AppEnv>): Assets {
  const serve = ([name, type]: (typeof FILES)[keyof typeof FILES]): string => {
    const content = readFileSync(new URL(`./static/${name}`, import.meta.url), 'utf8');
    const path = `/page/${name}`;
    app.get(path, (c) => c.body(content, 200, { ...ASSET_HEADERS, 'Content-Type': type }));
    return `${path}?${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
  };
  return { style: serve(FILES.style), script: serve(FILES.script), icon: serve(FILES.icon) };
}
