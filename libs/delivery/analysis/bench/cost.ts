import { CanaryJudge, binLatencyMs, type Outcome } from '../src/index.ts';
import { NONE } from './fault.ts';
import { STAGES } from './judged-rollout.ts';
import { Random } from './random.ts';
import { World } from './world.ts';

const ROUNDS = 15;
const SECONDS = 60;

/**
 * Nanoseconds of processor time per outcome at 1000 req/s, one figure per round: observing, ticking and
 * deciding. Processor time, because other work on the machine is not the judge's.
 */
export function measureCost(): readonly number[] {
  const outcomes = oneRollout();
  return Array.from({ length: ROUNDS + 2 }, () => {
    const judge = new CanaryJudge({ stages: STAGES });
    judge.startStage({ atMs: 0 });
    const from = process.cpuUsage();
    let second = 0;
    for (const outcome of outcomes) {
      if (outcome.atMs >= 1000 * (second + 1)) {
        judge.tick(1000 * ++second);
        judge.decision();
      }
      judge.observe(outcome);
    }
    const used = process.cpuUsage(from);
    return (1000 * (used.user + used.system)) / outcomes.length;
    // The first rounds warm the compiler up.
  }).slice(2);
}

function oneRollout(): readonly Outcome[] {
  const world = new World({ rate: 1000, fault: NONE }, new Random(1));
  const outcomes: Outcome[] = [];
  for (let at = 0; at < SECONDS; at++) {
    const second = world.next(0.05, at);
    for (let i = 0; i < second.count; i++) {
      const run = second.run[i] as number;
      outcomes.push({
        arm: second.canary[i] === 1 ? 'canary' : 'baseline',
        ok: second.failed[i] === 0,
        latencyMs: binLatencyMs(second.bin[i] as number),
        business: run === 0 ? undefined : run === 1,
        atMs: 1000 * (at + i / second.count),
      });
    }
  }
  return outcomes;
}
