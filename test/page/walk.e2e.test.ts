import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LANGUAGES } from '../../src/page/texts/index.ts';
import { ADMIN_TOKEN } from '../bridge.ts';
import { CHROMIUM, launchChromium, look, PATIENCE_MS, TEST_MS } from './browser.ts';
import { openStage } from './stage.ts';

const UNKNOWN = 'NID-9999-4242';

describe.skipIf(CHROMIUM === null)('a walk through the page', () => {
  let stage: Awaited<ReturnType<typeof openStage>>;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    stage = await openStage();
    browser = await launchChromium(stage.bridge.url);
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
      const { page, troubles, close } = await browser.open({
        locale: language === 'fr' ? 'fr-SN' : 'en-KE',
        colorScheme: scheme,
        javaScriptEnabled: script,
        viewport: { width, height: 900 },
      });
      const see = (name: string) =>
        look(page, `${name}-${language}-${scheme}${script ? '' : '-plain'}-${width}`, { width, axe });
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

      await page.goto(stage.bridge.url);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(texts.signIn.title);
      await page.getByLabel(texts.signIn.token).fill('not the token');
      await press(texts.signIn.button);
      await page.getByRole('alert').waitFor();
      await see('sign-in');
      await page.getByLabel(texts.signIn.token).fill(ADMIN_TOKEN);
      await press(texts.signIn.button);

      // The events of nobody in OpenSPP need a person.
      await page.getByText(texts.needs.lead).waitFor();
      await see('overview');

      await page.getByLabel(texts.search.label).fill(national);
      await press(texts.search.button);
      await page.getByText(texts.search.found(1, '1')).waitFor();
      expect(page.url(), 'no identifier in the address').not.toContain(national);
      expect(await page.content()).not.toContain(national);
      await page.locator('tbody th a').click();

      await page.getByText(texts.event.timeline).waitFor();
      expect(await page.content()).not.toContain(national);
      await see('event');
      await press(texts.event.show);
      await page.getByText(national).waitFor();
      await press(texts.event.showMessage);
      await page.getByText('Zebulon Quattlebaum').waitFor();
      await see('event-shown');

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
      await see('event-settled');
      expect(await page.content()).not.toContain(national);

      for (const place of ['events', 'refusals', 'senders', 'sources', 'screenings', 'audit'] as const) {
        await page.getByRole('navigation').getByRole('link', { name: texts.nav[place], exact: true }).click();
        await page.locator(`nav a[aria-current]`, { hasText: texts.nav[place] }).waitFor();
        await see(place);
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
      const { page, troubles, close } = await browser.open({ locale: 'en' });
      await page.goto(stage.bridge.url);
      await page.getByLabel(LANGUAGES.en.signIn.token).focus();
      await page.keyboard.type(ADMIN_TOKEN);
      await page.keyboard.press('Enter');
      await page.locator('.sentence').waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe(LANGUAGES.en.skip);
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('content');
      await page.getByLabel(LANGUAGES.en.preferences.language, { exact: true }).selectOption('fr');
      await page.locator('html[lang=fr] .sentence').waitFor();
      await page.getByLabel(LANGUAGES.fr.preferences.theme, { exact: true }).selectOption('dark');
      await page.locator('html[data-theme=dark]').waitFor();
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
