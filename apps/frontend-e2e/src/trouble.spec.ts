import { type Card, card as cardSchema } from '@prompt-card/contract';
import type { APIRequestContext } from '@playwright/test';
import { expect, test, uniqueTitle } from './visit.ts';

async function createCard(request: APIRequestContext): Promise<Card> {
  const data = { title: uniqueTitle('Trouble'), template: 'Hello {{ name }}' };
  const answer = await request.post('/api/cards', { data });
  expect(answer.status()).toBe(201);
  return cardSchema.parse(await answer.json());
}

test('two people change one card: nothing is lost, and the second decides', async ({
  page,
  request,
}) => {
  const card = await createCard(request);
  await page.goto(`/cards/${card.id}/edit`);
  await page.getByRole('textbox', { name: 'Description' }).fill('Mine');
  const theirs = await request.patch(`/api/cards/${card.id}`, {
    data: { version: card.version, title: `${card.title} (theirs)` },
  });
  expect(theirs.status()).toBe(200);

  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { name: /changed while you were editing/ })).toBeFocused();
  await expect(page.getByRole('region', { name: 'Title' })).toContainText('(theirs)');
  await page.getByRole('button', { name: 'Keep my changes' }).click();
  await page.getByRole('button', { name: 'Save changes' }).click();

  await expect(page.getByRole('heading', { name: `${card.title} (theirs)` })).toBeVisible();
  await expect(page.getByText('Mine')).toBeVisible();
  await request.post(`/api/cards/${card.id}/archive`);
});

test('a backend that comes back is asked again', async ({ page }) => {
  const problem = {
    title: 'The backend cannot be reached',
    status: 502,
    code: 'BACKEND_UNREACHABLE',
  };
  await page.route('**/api/cards*', (route) =>
    route.fulfill({ status: 502, contentType: 'application/problem+json', json: problem }),
  );
  await page.goto('/');
  await expect(page.getByRole('alert').getByText(problem.title)).toBeVisible();
  await page.unroute('**/api/cards*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText(problem.title)).toBeHidden();
  await expect(page.getByRole('article').or(page.getByText('No cards yet')).first()).toBeVisible();
});

test('what is not there says so', async ({ page }) => {
  await page.goto('/cards/00000000-0000-4000-8000-000000000000');
  await expect(page.getByRole('alert').getByRole('link', { name: 'All cards' })).toBeVisible();
  const answer = await page.goto('/cards/not-an-id');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
});

test('every answer says which revision it comes from, and no page may be framed', async ({
  request,
}) => {
  const health = await request.get('/health');
  const { revision } = await health.json();
  const page = await request.get('/');
  expect(page.headers()).toMatchObject({
    'x-revision': revision,
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  });
});
