import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chromiumPath } from './stage.ts';

/** A browser of this machine; null where there is none. */
export const CHROMIUM = chromiumPath();
/** For a machine that is slow and busy: on a quiet one nothing waits this long. */
export const PATIENCE_MS = 60_000;
export const TEST_MS = 240_000;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = fileURLToPath(new URL('./screenshots/', import.meta.url));
/** To look at them; making them takes as long as the walk. */
const KEEPS_SCREENSHOTS = process.env.PAGE_SCREENSHOTS === '1';

if (CHROMIUM === null && process.env.CI) throw new Error('there is no Chromium; CI installs it (.ci/run)');
if (CHROMIUM === null)
  process.stderr.write('there is no Chromium on this machine: the walks through the page are left out\n');

/** A Chromium that visits one address. */
export async function launchChromium(url: string) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM ?? '',
    timeout: TEST_MS,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--in-process-gpu'],
  });
  return {
    close: () => browser.close(),
    /** A window of somebody, which asks nobody but that address, and whose console stays quiet. */
    async open(options: BrowserContextOptions) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on('console', (said) => {
        // Forms that are refused on purpose are no trouble.
        if (said.type() === 'error' && !said.text().includes('status of 403')) troubles.push(said.text());
      });
      page.on('pageerror', (error) => troubles.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) troubles.push(`asks ${new URL(request.url()).host}`);
      });
      return { page, troubles, close: () => context.close() };
    },
  };
}

/** Holds a page against axe, where wanted, and against the width of its window; keeps a picture where wanted. */
export async function look(
  page: Page,
  name: string,
  { width, axe }: { width: number; axe: boolean },
): Promise<void> {
  if (axe) expect(await barriers(page), name).toEqual([]);
  const wide = await page.evaluate('document.documentElement.scrollWidth');
  expect(wide, `${name} is no wider than its window`).toBeLessThanOrEqual(width);
  if (!KEEPS_SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** What axe finds that keeps somebody from using the page. */
async function barriers(page: Page): Promise<string[]> {
  // By the debugger, past the page's own policy on scripts.
  const found =
    await page.evaluate(`${AXE}; axe.run(document, { resultTypes: ['violations'], preload: false }).then(
      ({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ target }) => String(target)) })))`);
  return (found as { id: string; impact: string; at: string[] }[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, at }) => `${id}: ${at.join(', ')}`);
}
