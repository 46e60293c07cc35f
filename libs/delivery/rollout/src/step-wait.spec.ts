import { blueGreenPlan } from './plan.ts';
import { describeWait } from './step-wait.ts';
import { SAMPLE_BLUE_GREEN, sampleChange } from './testing/index.ts';

describe('describeWait', () => {
  it('says of every step that waits what it waits for', () => {
    const options = { ...SAMPLE_BLUE_GREEN, pauseBeforeSwitch: true };
    const { steps } = blueGreenPlan([sampleChange('backend', true)], options);
    expect(steps.map((step) => `${step.kind}: ${describeWait(step) ?? '-'}`)).toEqual([
      'migrate: -',
      'deploy: -',
      'await-healthy: until its health check passes; fails after 10 s',
      'smoke-test: until one attempt passes; fails after 10',
      'pause: until deploy:promote or deploy:abort',
      'set-weight: until the share of 200 requests agrees with 100 %; fails after 20 s, without requests it is no-data',
      'analyse: 5 s and 50 requests on backend r2; a broken limit ends it at once, too few requests are no-data',
      'promote: -',
      'drain: until it has had no request for 2 s and none is in flight; fails after 12 s',
      'retire: -',
    ]);
  });
});
