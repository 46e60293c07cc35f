import { AxeBuilder } from '@axe-core/playwright';
import { card as cardSchema } from '@prompt-card/contract';
import type { Page } from '@playwright/test';
import { expect, test, uniqueTitle } from './visit.ts';

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual(
    [],
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 360, height: 740 },
  ]) {
    test(`pages are accessible and fit in ${colorScheme} at ${viewport.width} px`, async ({
      page,
      request,
    }) => {
      await page.setViewportSize(viewport);
      // Half-way through a transition, colours are nobody's choice.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const data = {
        title: uniqueTitle('Accessible'),
        description: 'For everybody.',
        template: 'Hello {{ name }}, {{ a_name_that_is_much_longer_than_a_phone_is_wide_at_all }}',
        tags: ['one', 'two'],
      };
      const card = cardSchema.parse(await (await request.post('/api/cards', { data })).json());

      const check = async (what: string) =>
        test.step(what, async () => {
          await expectNoViolations(page);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(overflow, 'pixels to scroll sideways').toBe(0);
        });

      await page.goto('/');
      await expect(page.getByRole('article').first()).toBeVisible();
      await check('the list');

      await page.goto('/cards/new');
      await page.getByRole('button', { name: 'Create card' }).click();
      await expect(page.getByText('Template must not be empty')).toBeVisible();
      await check('a form with errors');

      await page.goto(`/cards/${card.id}`);
      await page.getByRole('textbox', { name: 'name', exact: true }).fill('Ada');
      await page.getByRole('button', { name: 'Copy prompt' }).click();
      await expect(page.getByText(/needs a value/)).toBeVisible();
      await check('a card being tried');

      await page.getByRole('button', { name: 'Archive' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await check('a question');
      await page.getByRole('button', { name: 'Archive the card' }).click();
      await expect(page.getByText('no longer be changed')).toBeVisible();
      await check('an archived card');

      await page.goto('/cards/not-an-id');
      await check('a page that is not there');
    });
  }
}
