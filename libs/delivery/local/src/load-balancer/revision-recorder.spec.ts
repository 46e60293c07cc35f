import { percentile, subtractHistogram } from '@prompt-card/rollout';
import fc from 'fast-check';
import { type Outcome, RevisionRecorder } from './revision-recorder.ts';

const outcome = fc.oneof(
  fc.integer({ min: 101, max: 599 }),
  fc.constantFrom<Outcome>('aborted-by-client', 'truncated'),
);
const requests = fc.array(fc.tuple(outcome, fc.double({ min: 0, max: 60_000, noNaN: true })));

function record(recorder: RevisionRecorder, list: readonly (readonly [Outcome, number])[]): void {
  for (const [end, latencyMs] of list) {
    recorder.inFlight++;
    recorder.finish(end, latencyMs, 1_700_000_000_000);
  }
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe('a revision’s counts', () => {
  it('account for every request, whatever became of it', () => {
    fc.assert(
      fc.property(requests, fc.nat(5), (list, underWay) => {
        const recorder = new RevisionRecorder('r1');
        record(recorder, list);
        recorder.inFlight += underWay;
        const counts = recorder.counts();
        expect(counts.requests).toBe(list.length + underWay);
        expect(counts.requests).toBe(
          counts.inFlight +
            counts.abortedByClient +
            counts.truncated +
            sum(Object.values(counts.statuses)),
        );
        expect(sum(Object.values(counts.latency))).toBe(list.length - counts.abortedByClient);
      }),
      { seed: 20_267 },
    );
  });

  it('go on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(requests, requests, (before, after) => {
        const whole = new RevisionRecorder('r1');
        record(whole, [...before, ...after]);
        const first = new RevisionRecorder('r1');
        record(first, before);
        const second = new RevisionRecorder('r1', first.counts());
        record(second, after);
        expect(second.counts()).toEqual(whole.counts());
      }),
      { seed: 20_268 },
    );
  });

  it('are cumulative: two readings differ by what happened between them', () => {
    fc.assert(
      fc.property(requests, requests, (before, after) => {
        const recorder = new RevisionRecorder('r1');
        record(recorder, before);
        const earlier = recorder.counts();
        record(recorder, after);
        const alone = new RevisionRecorder('r1');
        record(alone, after);
        expect(subtractHistogram(recorder.counts().latency, earlier.latency)).toEqual(
          alone.counts().latency,
        );
      }),
      { seed: 20_269 },
    );
  });

  it('tell a percentile within 2 %', () => {
    const latencies = Array.from({ length: 1_000 }, (_, index) => 1 + index / 10);
    const recorder = new RevisionRecorder('r1');
    record(
      recorder,
      latencies.map((latencyMs) => [200, latencyMs] as const),
    );
    for (const q of [0.5, 0.95, 0.99]) {
      const truth = latencies[Math.ceil(q * latencies.length) - 1]!;
      expect(Math.abs(percentile(recorder.counts().latency, q) / truth - 1)).toBeLessThan(0.02);
    }
  });

  it('keep five minutes of seconds', () => {
    const recorder = new RevisionRecorder('r1');
    for (let second = 0; second < 1_000; second++) {
      recorder.inFlight++;
      recorder.finish(second % 2 === 0 ? 200 : 500, 1, second * 1_000);
    }
    const seconds = recorder.seconds();
    expect(seconds).toHaveLength(300);
    expect(seconds.at(-1)).toEqual({ second: 999, revision: 'r1', requests: 1, serverErrors: 1 });
    expect(seconds[0]).toMatchObject({ second: 700, serverErrors: 0 });
  });
});
