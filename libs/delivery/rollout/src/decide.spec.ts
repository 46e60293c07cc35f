import * as fc from 'fast-check';
import { type RolloutEvent, decide } from './decide.ts';
import { blueGreenPlan, canaryPlan, rollbackPlan } from './plan.ts';
import { type Rollout, currentStep, isFinished, startRollout } from './rollout.ts';
import { SAMPLE_BLUE_GREEN, SAMPLE_CANARY, SAMPLE_TIMES, sampleChange } from './testing/index.ts';

const backend = sampleChange('backend', true);
const frontend = sampleChange('frontend');

const plans = [
  canaryPlan([backend], SAMPLE_CANARY),
  canaryPlan([backend, frontend], {
    ...SAMPLE_CANARY,
    stages: SAMPLE_CANARY.stages.map((stage) => ({ ...stage, pauseAfter: true })),
  }),
  blueGreenPlan([backend, frontend], { ...SAMPLE_BLUE_GREEN, pauseBeforeSwitch: true }),
  rollbackPlan([backend, frontend], SAMPLE_TIMES),
];

const verdict = fc.record({
  outcome: fc.constantFrom('pass', 'pass', 'pass', 'fail', 'inconclusive', 'no-data'),
  reason: fc.constant('because'),
});

const event: fc.Arbitrary<RolloutEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('step-finished'), index: fc.nat(24), verdict }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('promote-requested'),
      full: fc.boolean(),
      by: fc.constant('ada'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('abort-requested'),
      by: fc.constant('ada'),
      reason: fc.constant('odd'),
    }),
  },
);

const begun = fc
  .tuple(fc.constantFrom(...plans), fc.constantFrom('pause' as const, 'rollback' as const))
  .map(([plan, onInconclusive]) =>
    startRollout({ id: '1', plan, times: SAMPLE_TIMES, onInconclusive, reason: 'a test' }),
  );

/** A result for the step that is under way: random events rarely hit its index. */
function finishing(rollout: Rollout, drawn: RolloutEvent): RolloutEvent {
  return drawn.kind === 'step-finished' && drawn.index % 4 !== 0
    ? { ...drawn, index: rollout.cursor }
    : drawn;
}

function run(initial: Rollout, events: readonly RolloutEvent[]): Rollout {
  return events.reduce((rollout, drawn) => decide(rollout, finishing(rollout, drawn)), initial);
}

const pass = { outcome: 'pass', reason: '' } as const;

/** What happens when from now on every step passes and every pause is answered with yes. */
function runToTheEnd(initial: Rollout): Rollout {
  let rollout = initial;
  for (let i = 0; i < 200 && !isFinished(rollout); i += 1) {
    rollout = currentStep(rollout)
      ? decide(rollout, { kind: 'step-finished', index: rollout.cursor, verdict: pass })
      : decide(
          rollout,
          rollout.phase.kind === 'blocked'
            ? { kind: 'abort-requested', by: 'ada', reason: 'again' }
            : { kind: 'promote-requested', full: false, by: 'ada' },
        );
  }
  return rollout;
}

describe('decide, under any events in any order', () => {
  const parameters = { numRuns: 5_000, seed: 20_260_101 };

  it('always has a step to execute, waits for a person, or is finished', () => {
    fc.assert(
      fc.property(begun, fc.array(event, { maxLength: 60 }), (initial, events) => {
        const rollout = run(initial, events);
        const waits = rollout.phase.kind === 'paused' || rollout.phase.kind === 'blocked';
        expect(
          [currentStep(rollout) !== undefined, waits, isFinished(rollout)].filter(Boolean),
        ).toHaveLength(1);
      }),
      parameters,
    );
  });

  it('can always be brought to an end, promoted or rolled back', () => {
    fc.assert(
      fc.property(begun, fc.array(event, { maxLength: 60 }), (initial, events) => {
        expect(isFinished(runToTheEnd(run(initial, events)))).toBe(true);
      }),
      parameters,
    );
  });

  it('can be rolled back from every state that is not final', () => {
    fc.assert(
      fc.property(begun, fc.array(event, { maxLength: 60 }), (initial, events) => {
        const rollout = run(initial, events);
        fc.pre(!isFinished(rollout));
        const aborted = decide(rollout, { kind: 'abort-requested', by: 'ada', reason: 'odd' });
        expect(runToTheEnd(aborted).phase.kind).toBe('rolled-back');
      }),
      parameters,
    );
  });

  it('gives weight only to a revision that an earlier step found healthy, and retires none that has weight', () => {
    fc.assert(
      fc.property(begun, fc.array(event, { maxLength: 60 }), (initial, events) => {
        const { steps } = run(initial, events);
        steps.forEach((step, index) => {
          const before = steps.slice(0, index);
          if (step.kind === 'set-weight') {
            expect(before).toContainEqual(
              expect.objectContaining({ kind: 'await-healthy', revision: step.revision }),
            );
          }
          if (step.kind === 'retire') {
            expect(before).toContainEqual(
              expect.objectContaining({ kind: 'drain', revision: step.revision }),
            );
          }
        });
      }),
      { ...parameters, numRuns: 500 },
    );
  });

  it('changes nothing on a result of a step that is not under way', () => {
    fc.assert(
      fc.property(
        begun,
        fc.array(event, { maxLength: 60 }),
        fc.nat(24),
        verdict,
        (initial, events, index, late) => {
          const rollout = run(initial, events);
          fc.pre(index !== rollout.cursor);
          expect(decide(rollout, { kind: 'step-finished', index, verdict: late })).toBe(rollout);
        },
      ),
      parameters,
    );
  });
});

describe('decide', () => {
  const initial = startRollout({
    id: '1',
    plan: canaryPlan([backend], SAMPLE_CANARY),
    times: SAMPLE_TIMES,
    onInconclusive: 'pause',
    reason: 'a test',
  });
  const passed = (rollout: Rollout, times: number): Rollout =>
    times === 0
      ? rollout
      : passed(
          decide(rollout, { kind: 'step-finished', index: rollout.cursor, verdict: pass }),
          times - 1,
        );

  it('treats an inconclusive analysis as a question to a person, not as a failure', () => {
    const analysing = passed(initial, 4);
    expect(currentStep(analysing)?.kind).toBe('analyse');
    const paused = decide(analysing, {
      kind: 'step-finished',
      index: analysing.cursor,
      verdict: { outcome: 'inconclusive', reason: 'too little evidence' },
    });
    expect(paused.phase).toEqual({ kind: 'paused', reason: 'too little evidence' });
    expect(
      currentStep(decide(paused, { kind: 'promote-requested', full: false, by: 'ada' })),
    ).toMatchObject({
      kind: 'set-weight',
      weight: 25,
    });
    expect(
      currentStep(decide(paused, { kind: 'promote-requested', full: true, by: 'ada' })),
    ).toMatchObject({
      kind: 'set-weight',
      weight: 100,
    });
  });

  it('rolls back nothing where the candidate was never started', () => {
    const rollout = decide(initial, {
      kind: 'step-finished',
      index: 0,
      verdict: { outcome: 'fail', reason: 'the migration failed' },
    });
    expect(rollout.phase).toEqual({ kind: 'rolled-back', reason: 'the migration failed' });
  });

  it('does not leave the new revision because the old one fails to fall silent', () => {
    const draining = passed(
      initial,
      initial.steps.findIndex((step) => step.kind === 'drain'),
    );
    const paused = decide(draining, {
      kind: 'step-finished',
      index: draining.cursor,
      verdict: { outcome: 'fail', reason: 'still receives requests' },
    });
    expect(paused.phase.kind).toBe('paused');
    expect(
      currentStep(decide(paused, { kind: 'promote-requested', full: false, by: 'ada' }))?.kind,
    ).toBe('drain');
    expect(decide(paused, { kind: 'abort-requested', by: 'ada', reason: 'odd' }).phase.kind).toBe(
      'rolling-back',
    );
  });
});
