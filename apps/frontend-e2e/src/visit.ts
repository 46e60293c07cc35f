import { type Locator, type Page, expect, test as base } from '@playwright/test';

/**
 * A visit to the frontend under test. Whatever the test claims, it also fails when the page throws or
 * breaks its own content security policy.
 */
export const test = base.extend({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern
  baseURL: async ({}, use) => use(process.env.BASE_URL),
  page: async ({ page }, use) => {
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) broken.push(message.text());
    });
    await use(page);
    expect(broken).toEqual([]);
  },
});

export { expect };

/** Moves the focus as a person without a mouse does, until it is on `target`. */
export async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${target} cannot be reached with ${key}.`);
}

/** Two runs against one environment must not find each other's cards. */
export const uniqueTitle = (words: string) => `${words} ${crypto.randomUUID().slice(0, 8)}`;
