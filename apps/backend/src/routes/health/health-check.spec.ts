import { runChecks } from './health-check.ts';

describe('runChecks', () => {
  it('reports what each check found, by name', async () => {
    const found = await runChecks(
      [
        { name: 'good', run: async () => ({ status: 'pass' }) },
        { name: 'slow', run: async () => ({ status: 'warn', detail: 'replica lags' }) },
      ],
      1_000,
    );
    expect(found).toEqual({
      good: { status: 'pass', durationMs: expect.any(Number) },
      slow: { status: 'warn', detail: 'replica lags', durationMs: expect.any(Number) },
    });
  });

  it('fails a check that throws, with its reason', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('no route to host')) };
    expect(await runChecks([broken], 1_000)).toMatchObject({
      broken: { status: 'fail', detail: 'no route to host' },
    });
  });

  it('fails a check that never answers, and keeps the others', async () => {
    const found = await runChecks(
      [
        { name: 'hung', run: () => new Promise(() => undefined) },
        { name: 'good', run: async () => ({ status: 'pass' }) },
      ],
      5,
    );
    expect(found).toMatchObject({
      hung: { status: 'fail', detail: 'no answer within 5 ms' },
      good: { status: 'pass' },
    });
  });
});
