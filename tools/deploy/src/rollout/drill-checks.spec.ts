import type { TrafficReport } from '@prompt-card/local';
import { sampleRollout } from '../testing/sample-log.ts';
import { type Probe, judgeDrill } from './drill-checks.ts';

const rolledBack = {
  ...sampleRollout(),
  phase: { kind: 'rolled-back', reason: '5 % errors' },
} as const;
const served: Probe = { sent: 300, failed: 0, servedBy: { r1: 300 } };

function traffic(failed: Record<string, number>): TrafficReport {
  const byRevision = Object.fromEntries(
    Object.entries(failed).map(([id, count]) => [id, { sent: 500, failed: count, latency: {} }]),
  );
  return {
    sent: 1_000,
    succeeded: 1_000,
    failed: { '4xx': 0, '5xx': 0, timeout: 0, connection: 0 },
    skipped: 0,
    byOperation: {},
    byRevision,
    latency: {},
    examples: [],
  };
}

describe('judgeDrill', () => {
  it('is content when the fault alone made requests fail and stable serves everything after', () => {
    expect(
      judgeDrill({ rollout: rolledBack, traffic: traffic({ r1: 0, r2: 12 }) }, served),
    ).toEqual([]);
  });

  it.each([
    [
      'the faulty canary was promoted',
      { ...rolledBack, phase: { kind: 'promoted' } as const },
      traffic({}),
      served,
      'not rolled back',
    ],
    ['a request failed on stable', rolledBack, traffic({ r1: 1 }), served, '1 requests failed'],
    [
      'a request was answered by nobody',
      rolledBack,
      traffic({ none: 2 }),
      served,
      '2 requests failed',
    ],
    [
      'the canary still serves',
      rolledBack,
      traffic({}),
      { ...served, servedBy: { r1: 299, r2: 1 } },
      'served by r2',
    ],
    [
      'requests fail after the rollback',
      rolledBack,
      traffic({}),
      { ...served, failed: 3 },
      '3 of 300',
    ],
  ])('fails the drill when %s', (_name, rollout, report, probe, problem) => {
    expect(judgeDrill({ rollout, traffic: report }, probe)).toEqual([
      expect.stringContaining(problem),
    ]);
  });
});
