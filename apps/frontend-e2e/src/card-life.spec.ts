import { expect, tabTo, test, uniqueTitle } from './visit.ts';

test('a card is written, tried, changed and archived with the keyboard alone', async ({ page }) => {
  const title = uniqueTitle('Translate');
  const { keyboard } = page;
  const button = (name: string) => page.getByRole('button', { name });
  const field = (name: string) => page.getByRole('textbox', { name });

  await test.step('the first stop is the way past the navigation', async () => {
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Cards', level: 1 })).toBeVisible();
    await keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await tabTo(page, page.getByRole('navigation').getByRole('link', { name: 'New card' }));
    await keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'New card' })).toBeVisible();
  });

  await test.step('bad input is refused where it stands', async () => {
    await tabTo(page, button('Create card'));
    await keyboard.press('Enter');
    await expect(page.getByText('Title must not be empty')).toBeVisible();
    await expect(field('Title')).toBeFocused();
    await keyboard.type(title);
    await tabTo(page, field('Template'));
    await keyboard.type('Translate into {{ the language }}: {{ text }}');
    await tabTo(page, field('Tags'));
    await keyboard.type('language, e2e');
    await keyboard.press('Enter');
    await expect(field('Template')).toBeFocused();
    await expect(field('Template')).toHaveAccessibleDescription(
      /line 1, column 16: .*not a variable/,
    );
  });

  await test.step('a mended card is kept', async () => {
    await keyboard.press('Control+A');
    await keyboard.type('Translate into {{ language }}: {{ text }}');
    await expect(page.getByText('Variables:')).toBeVisible();
    await tabTo(page, field('Tags'));
    await keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await expect(page).toHaveTitle(`${title} · Prompt Cards`);
    await expect(page.getByRole('list', { name: 'Tags' }).getByRole('listitem')).toHaveText([
      'language',
      'e2e',
    ]);
  });

  const preview = page.getByRole('region', { name: 'Prompt preview' });

  await test.step('its variables are filled in, and the prompt is copied', async () => {
    await tabTo(page, button('Copy prompt'));
    await keyboard.press('Enter');
    await expect(field('language')).toBeFocused();
    await keyboard.type('German');
    await keyboard.press('Tab');
    await keyboard.type('{{ language }} stays as it is');
    const prompt = 'Translate into German: {{ language }} stays as it is';
    await expect(preview).toHaveText(prompt);
    await tabTo(page, button('Copy prompt'));
    await keyboard.press('Enter');
    await expect(page.getByText('Copied', { exact: true })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(prompt);
  });

  await test.step('a change is saved', async () => {
    await tabTo(page, page.getByRole('link', { name: 'Edit' }), 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, field('Template'));
    await keyboard.press('Control+A');
    await keyboard.type('Say it in {{ language }}.');
    await tabTo(page, button('Save changes'));
    await keyboard.press('Enter');
    await expect(preview).toHaveText('Say it in {{ language }}.');
    await expect(page.getByText('version 2')).toBeVisible();
  });

  await test.step('it is archived after a question, and the focus is not lost', async () => {
    await tabTo(page, button('Archive'));
    await keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: `Archive “${title}”?` });
    await keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(button('Archive')).toBeFocused();
    await keyboard.press('Enter');
    await tabTo(page, dialog.getByRole('button', { name: 'Archive the card' }));
    await keyboard.press('Enter');
    await expect(page.getByText('no longer be changed')).toBeVisible();
    await expect(page.getByRole('heading', { name: title })).toBeFocused();
    await expect(page.getByRole('link', { name: 'Edit' })).toBeHidden();
  });

  await test.step('it is found among the archived cards only', async () => {
    await tabTo(page, page.getByRole('link', { name: 'All cards' }), 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, page.getByRole('searchbox'));
    await keyboard.type(title);
    await expect(page.getByRole('heading', { name: /No card matches/ })).toBeVisible();
    await tabTo(page, page.getByRole('radio', { name: 'In use' }));
    await keyboard.press('ArrowRight');
    await expect(page.getByRole('radio', { name: 'Archived' })).toBeChecked();
    await expect(page.getByRole('article')).toHaveCount(1);
    await expect(page.getByRole('article')).toContainText(title);
    await page.reload();
    await expect(page.getByRole('searchbox')).toHaveValue(title);
    await expect(page.getByRole('article')).toHaveCount(1);
  });
});
