import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LANGUAGES } from '../../src/page/texts/index.ts';
import { ADMIN_TOKEN } from '../bridge.ts';
import { chromiumPath, openStage } from './stage.ts';

const CHROMIUM = chromiumPath();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = fileURLToPath(new URL('./screenshots/', import.meta.url));
/** For a machine that is slow and busy: nothing waits this long where all is well. */
const PATIENCE_MS = 60_000;
const TEST_MS = 240_000;
/** To look at them; making them takes as long as the walk. */
const KEEPS_SCREENSHOTS = process.env.PAGE_SCREENSHOTS === '1';
const UNKNOWN = 'NID-9999-4242';

if (CHROMIUM === null && process.env.CI) throw new Error('there is no Chromium; CI installs it (.ci/run)');
if (CHROMIUM === null)
  process.stderr.write('there is no Chromium on this machine: the walk through the page is left out\n');

describe.skipIf(CHROMIUM === null)('a walk through the page', () => {
  let stage: Awaited<ReturnType<typeof openStage>>;
  let browser: Browser;
  beforeAll(async () => {
    if (KEEPS_SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true });
    stage = await openStage();
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      timeout: TEST_MS,
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--in-process-gpu'],
    });
    for (const [at, { ids }] of stage.registrants.entries()) {
      await stage.report({
        event_type: at % 2 === 0 ? 'DEATH' : 'BIRTH',
        event_date: `19${50 + at}-03-0${at + 1}`,
        identifiers: [{ type: 'UIN', value: ids.national_id }],
        person: { name: stage.registrants[at]?.name },
      });
    }
  }, TEST_MS);
  afterAll(async () => {
    await browser?.close();
    await stage?.bridge.close();
  }, TEST_MS);

  /** A browser window of somebody, which asks nobody but the bridge, and whose console stays quiet. */
  async function open(options: BrowserContextOptions) {
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
      if (!request.url().startsWith(stage.bridge.url)) troubles.push(`asks ${new URL(request.url()).host}`);
    });
    return { page, troubles, close: () => context.close() };
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

  // All at once: much of a walk is waiting.
  it.concurrent.each([
    // Every page is held against axe once in each scheme: one on a desk, one on a telephone.
    { language: 'en', scheme: 'light', script: true, width: 1280, axe: true },
    { language: 'fr', scheme: 'dark', script: true, width: 390, axe: true },
    { language: 'fr', scheme: 'light', script: false, width: 1280, axe: false },
  ] as const)(
    'signs in, finds an event, retries it, sees it settle: $language, $scheme, scripts $script, $width wide',
    async ({ language, scheme, script, width, axe }) => {
      const texts = LANGUAGES[language];
      const national = `${UNKNOWN}-${language}-${scheme}-${width}`;
      await stage.report({
        event_type: 'DEATH',
        event_date: '2024-12-01',
        identifiers: [{ type: 'UIN', value: national }],
        person: { name: 'Zebulon Quattlebaum' },
      });
      const { page, troubles, close } = await open({
        locale: language === 'fr' ? 'fr-SN' : 'en-KE',
        colorScheme: scheme,
        javaScriptEnabled: script,
        viewport: { width, height: 900 },
      });
      const look = async (name: string) => {
        if (axe) expect(await barriers(page), name).toEqual([]);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide, `${name} is no wider than its window`).toBeLessThanOrEqual(width);
        if (!KEEPS_SCREENSHOTS) return;
        await page.screenshot({
          path: join(SCREENSHOTS, `${name}-${language}-${scheme}${script ? '' : '-plain'}-${width}.png`),
          fullPage: true,
        });
      };
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

      await page.goto(stage.bridge.url);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(texts.signIn.title);
      await page.getByLabel(texts.signIn.token).fill('not the token');
      await press(texts.signIn.button);
      await page.getByRole('alert').waitFor();
      await look('sign-in');
      await page.getByLabel(texts.signIn.token).fill(ADMIN_TOKEN);
      await press(texts.signIn.button);

      await page.getByText(texts.sentence.well).waitFor();
      await look('overview');

      await page.getByLabel(texts.search.label).fill(national);
      await press(texts.search.button);
      await page.getByText(texts.search.found(1, '1')).waitFor();
      expect(page.url(), 'no identifier in the address').not.toContain(national);
      expect(await page.content()).not.toContain(national);
      await page.locator('tbody th a').click();

      await page.getByText(texts.event.timeline).waitFor();
      expect(await page.content()).not.toContain(national);
      await look('event');
      await press(texts.event.show);
      await page.getByText(national).waitFor();
      await press(texts.event.showMessage);
      await page.getByText('Zebulon Quattlebaum').waitFor();
      await look('event-shown');

      // The person turns up in OpenSPP; now the event can be applied.
      stage.bridge.sandbox.people({ national_id: national });
      await press(texts.event.retry);
      await page.getByText(texts.done.retry(1, '1')).waitFor();
      const settled = page.locator('.now .pill', { hasText: texts.outcomes.processed });
      if (script) await settled.waitFor();
      else
        await vi.waitFor(
          async () => {
            await page.reload();
            expect(await settled.count()).toBe(1);
          },
          { timeout: PATIENCE_MS, interval: 200 },
        );
      await look('event-settled');
      expect(await page.content()).not.toContain(national);

      for (const place of ['events', 'senders', 'sources', 'screenings', 'audit'] as const) {
        await page.getByRole('navigation').getByRole('link', { name: texts.nav[place], exact: true }).click();
        await page.locator(`nav a[aria-current]`, { hasText: texts.nav[place] }).waitFor();
        await look(place);
        expect(await page.content(), place).not.toContain(national);
      }
      await press(texts.signOut);
      await page.getByText(texts.signIn.signedOut).waitFor();
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it.concurrent(
    'is used by the keyboard alone, and changes its language and colours',
    async () => {
      const { page, troubles, close } = await open({ locale: 'en' });
      await page.goto(stage.bridge.url);
      await page.getByLabel(LANGUAGES.en.signIn.token).focus();
      await page.keyboard.type(ADMIN_TOKEN);
      await page.keyboard.press('Enter');
      await page.getByText(LANGUAGES.en.sentence.well).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe(LANGUAGES.en.skip);
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('content');
      await page.getByLabel(LANGUAGES.en.preferences.language, { exact: true }).selectOption('fr');
      await page.getByText(LANGUAGES.fr.sentence.well).waitFor();
      await page.getByLabel(LANGUAGES.fr.preferences.theme, { exact: true }).selectOption('dark');
      await page.locator('html[data-theme=dark]').waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe('fr');
      expect(troubles).toEqual([]);
      await close();
    },
    TEST_MS,
  );

  it('left no identifier and no name in the log', () => {
    expect(stage.bridge.logged()).toContain('"audit":"show"');
    for (const secret of [UNKNOWN, 'Zebulon', ...stage.registrants.map(({ name }) => name)])
      expect(stage.bridge.logged()).not.toContain(secret);
  });
});
