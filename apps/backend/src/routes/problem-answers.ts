import { problem, problemContentType } from '@prompt-card/contract';

/** The problems a route documents. Any route may also answer 500. */
export function problemAnswers(...statuses: number[]) {
  return Object.fromEntries(
    [...statuses, 500].map((status) => [
      status,
      { description: 'A problem', content: { [problemContentType]: { schema: problem } } },
    ]),
  );
}
