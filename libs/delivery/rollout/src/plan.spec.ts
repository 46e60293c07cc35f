import { canaryPlan, installPlan } from './plan.ts';
import { describeStep } from './step.ts';
import { SAMPLE_CANARY, SAMPLE_TIMES, sampleChange } from './testing/index.ts';

const backend = sampleChange('backend', true);

describe('canaryPlan', () => {
  it('reads as the story of the rollout', () => {
    expect(
      canaryPlan([backend, sampleChange('frontend')], SAMPLE_CANARY).steps.map(describeStep),
    ).toEqual([
      'apply the migrations of backend r2',
      'start backend r2',
      'wait until backend r2 is healthy, at most 10 s',
      'send 5 % to backend r2 and measure it on 200 requests',
      'compare backend r2 at 5 % with backend r1 for 10 s',
      'send 25 % to backend r2 and measure it on 200 requests',
      'compare backend r2 at 25 % with backend r1 for 10 s',
      'send 50 % to backend r2 and measure it on 200 requests',
      'compare backend r2 at 50 % with backend r1 for 10 s',
      'send 100 % to backend r2 and measure it on 200 requests',
      'start frontend r2',
      'wait until frontend r2 is healthy, at most 10 s',
      'send 100 % to frontend r2',
      'make backend r2 the stable revision',
      'make frontend r2 the stable revision',
      'wait until backend r1 has had no request for 1 s',
      'stop backend r1',
      'wait until frontend r1 has had no request for 1 s',
      'stop frontend r1',
    ]);
  });

  it.each([
    ['do not ascend', [25, 5]],
    ['repeat', [5, 5]],
    ['reach 100', [5, 100]],
    ['start at 0', [0]],
    ['are fractions', [2.5]],
    ['are not numbers', [NaN]],
  ])('refuses weights that %s', (_name, weights) => {
    const stages = weights.map((weight) => ({ weight, durationMs: 1, minSamples: 1 }));
    expect(() => canaryPlan([backend], { ...SAMPLE_CANARY, stages })).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID' }),
    );
  });

  it('refuses a service that has nothing to be compared with', () => {
    expect(() => canaryPlan([{ ...backend, stable: undefined }], SAMPLE_CANARY)).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', next: expect.stringContaining('install') }),
    );
  });
});

describe('installPlan', () => {
  it('routes everything to the first revision and has nothing to drain', () => {
    const { steps } = installPlan([{ ...backend, stable: undefined }], SAMPLE_TIMES);
    expect(steps.map(({ kind }) => kind)).toEqual([
      'migrate',
      'deploy',
      'await-healthy',
      'set-weight',
      'promote',
    ]);
  });
});
