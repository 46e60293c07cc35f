/**
 * A short load that a healthy revision carries easily: does the whole life of a card work for several
 * people at once, fast enough and without a single failure? `npx nx run backend-e2e:load`
 *
 * Environment: BASE_URL (required), RATE (lives of a card per second), DURATION.
 */
import { check } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';

const rate = Number(__ENV['RATE'] ?? 10);

export const options: Options = {
  scenarios: {
    cards: {
      // Requests arrive at a fixed rate, however slow the answers: waiting for each answer before the
      // next request would hide a slow server from the percentiles.
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: __ENV['DURATION'] ?? '10s',
      preAllocatedVUs: rate,
      maxVUs: rate * 5,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{operation:read}': ['p(95)<250'],
    'http_req_duration{operation:write}': ['p(95)<500'],
    dropped_iterations: ['count==0'],
  },
};

const cards = `${__ENV['BASE_URL']}/api/cards`;
const read = { tags: { operation: 'read' } };
const write = {
  headers: { 'content-type': 'application/json' },
  tags: { operation: 'write' },
};

export default function smoke(): void {
  const created = http.post(
    cards,
    JSON.stringify({
      title: `Load ${__VU}.${__ITER}`,
      template: 'Hello {{ name }}',
      tags: ['load'],
    }),
    write,
  );
  if (!check(created, { 'a card is created': ({ status }) => status === 201 })) return;
  const id = created.json('id');
  // One name for all ids, or every card would be a time series of its own.
  const one = { name: `${cards}/{id}` };
  const url = `${cards}/${String(id)}`;

  const found = http.get(url, { tags: { ...read.tags, ...one } });
  check(found, { 'it is read back': (answer) => answer.json('variables.0') === 'name' });

  const changed = http.patch(
    url,
    JSON.stringify({ version: 1, template: 'Bye {{ name }} from {{ place }}' }),
    { ...write, tags: { ...write.tags, ...one } },
  );
  check(changed, { 'it changes': (answer) => answer.json('version') === 2 });

  const listed = http.get(`${cards}?limit=20`, read);
  check(listed, { 'cards are listed': (answer) => answer.json('items.0.id') !== undefined });

  const archived = http.post(`${url}/archive`, null, {
    tags: { ...write.tags, name: `${cards}/{id}/archive` },
  });
  check(archived, { 'it is archived': (answer) => answer.json('archivedAt') !== null });
}
