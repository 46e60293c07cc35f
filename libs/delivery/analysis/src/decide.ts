import type { Decision } from './decision.ts';
import type { Difference } from './difference.ts';
import type { HardLimit } from './hard-limit.ts';
import type { GuardPlan } from './judge-options.ts';
import type { Arm } from './outcome.ts';
import type { PromotionStanding } from './promotion.ts';
import {
  sayBrokenLimit,
  sayCollecting,
  sayHarm,
  sayHealthy,
  sayShare,
  sayTime,
} from './sentence.ts';

/** What a decision is made from. The two functions are asked only when the answer needs them. */
export interface Facts {
  readonly phase: 'watching' | 'stage' | 'guard';
  readonly stage: number;
  readonly stages: number;
  readonly weight: number;
  readonly nextWeight: number;
  readonly guard: GuardPlan;
  readonly elapsedMs: number;
  readonly dwellMs: number;
  readonly deadlineMs: number;
  readonly onDeadline: 'hold' | 'rollback';
  /** Time since the last outcome of either arm. */
  readonly silentMs: number;
  readonly gapMs: number;
  readonly requests: Readonly<Record<Arm, number>>;
  readonly leastCanaryRequests: number;
  readonly harmed: string | undefined;
  readonly harm: { readonly evidence: number; readonly required: number };
  readonly brokenLimit: HardLimit | undefined;
  readonly isSplitBroken: boolean;
  /** The margins are known. */
  readonly isFrozen: boolean;
  readonly standings: () => readonly PromotionStanding[];
  readonly difference: (metric: string) => Difference | undefined;
}

type Answer = Omit<Decision, 'requests' | 'harm'>;

const ALL_BACK = 'All traffic goes back to the stable revision.';
const STAYS = 'The split stays as it is';

/**
 * Harm comes first and is final: rolling back is the safe side, even where a broken split voids the
 * proof. A broken split, a gap or a deadline never promotes. Only then is the evidence of health read.
 */
export function decide(facts: Facts): Decision {
  return { ...answer(facts), requests: facts.requests, harm: facts.harm };
}

function answer(facts: Facts): Answer {
  return (
    badNews(facts) ??
    (facts.phase === 'guard' ? guarding(facts) : undefined) ??
    (facts.phase === 'watching' ? watching() : stage(facts))
  );
}

function badNews(facts: Facts): Answer | undefined {
  if (facts.harmed !== undefined) {
    const difference = facts.difference(facts.harmed);
    return {
      action: 'rollback',
      verdict: 'fail',
      reason: 'harm',
      metric: facts.harmed,
      ...(difference && { difference }),
      sentence: sayHarm(facts.harmed, difference, facts.harm.required),
      next: ALL_BACK,
    };
  }
  if (facts.brokenLimit) {
    const { metric } = facts.brokenLimit;
    const difference = facts.difference(metric);
    return {
      action: 'rollback',
      verdict: 'fail',
      reason: 'hard-limit',
      metric,
      ...(difference && { difference }),
      sentence: sayBrokenLimit(facts.brokenLimit),
      next: ALL_BACK,
    };
  }
  if (facts.isSplitBroken) {
    return {
      action: 'hold',
      verdict: 'inconclusive',
      reason: 'sample-ratio',
      sentence:
        `The traffic is not split as asked (${sayShare(facts.weight)} for the canary): it got ` +
        `${facts.requests.canary} of ${facts.requests.canary + facts.requests.baseline} outcomes, or one arm stopped reporting.`,
      next: `${STAYS} and a person decides: with a wrong split the comparison proves nothing.`,
    };
  }
  if (facts.phase !== 'watching' && facts.silentMs > facts.gapMs) {
    return {
      action: 'hold',
      verdict: 'no-data',
      reason: 'gap',
      isResumable: !isLate(facts),
      sentence: `No outcome of either revision has arrived for ${sayTime(facts.silentMs)}.`,
      next: isLate(facts)
        ? `${STAYS} and a person decides: the time for this step is over.`
        : `${STAYS} until outcomes arrive again.`,
    };
  }
  return undefined;
}

function isLate({ phase, elapsedMs, deadlineMs, guard }: Facts): boolean {
  return elapsedMs >= (phase === 'guard' ? guard.durationMs : deadlineMs);
}

function watching(): Answer {
  return {
    action: 'continue',
    verdict: 'no-data',
    reason: 'not-started',
    sentence: 'The canary has no traffic yet; the stable revision is being learnt.',
    next: 'The first stage begins.',
  };
}

function guarding(facts: Facts): Answer {
  const left = facts.guard.durationMs - facts.elapsedMs;
  if (left > 0) {
    return {
      action: 'continue',
      verdict: 'inconclusive',
      reason: 'guarding',
      sentence: `Promoted; ${sayShare(1 - facts.weight)} of the traffic stays on the old revision to compare with.`,
      next: `The old revision is retired in ${sayTime(left)} if nothing is found.`,
    };
  }
  return {
    action: 'finish',
    verdict: 'pass',
    reason: 'guarded',
    sentence: `No harm was found in ${sayTime(facts.guard.durationMs)} after promotion.`,
    next: 'The old revision is retired.',
  };
}

function stage(facts: Facts): Answer {
  const standings = facts.isFrozen ? facts.standings() : [];
  const binding = standings.filter(({ isBinding }) => isBinding);
  const missing = binding
    .filter(({ evidence, required }) => !(evidence >= required))
    .sort((a, b) => a.evidence / a.required - b.evidence / b.required)[0];
  const hasEvidence =
    binding.length > 0 && !missing && facts.requests.canary >= facts.leastCanaryRequests;
  if (facts.elapsedMs < facts.dwellMs) {
    return {
      action: 'continue',
      verdict: hasEvidence ? 'pass' : 'inconclusive',
      reason: 'dwell',
      sentence: `The step is ${sayTime(facts.elapsedMs)} old.`,
      next: `Nothing is decided before ${sayTime(facts.dwellMs)}, except a roll back.`,
    };
  }
  if (hasEvidence) return healthy(facts, binding);
  const verdict = facts.requests.canary === 0 ? 'no-data' : 'inconclusive';
  if (isLate(facts)) return late(facts, verdict, missing);
  return {
    action: 'continue',
    verdict,
    reason: 'collecting',
    ...(missing && { metric: missing.metric }),
    sentence: sayCollecting(facts.requests, missing),
    next: `The step ends with the evidence, at the latest in ${sayTime(facts.deadlineMs - facts.elapsedMs)}.`,
  };
}

function healthy(facts: Facts, binding: readonly PromotionStanding[]): Answer {
  const isLast = facts.stage === facts.stages - 1;
  return {
    action: isLast ? 'promote' : 'advance',
    verdict: 'pass',
    reason: 'healthy',
    sentence: sayHealthy(facts.requests, binding),
    next: isLast
      ? `The canary is promoted; ${sayShare(1 - facts.guard.weight)} stays on the old revision for ${sayTime(facts.guard.durationMs)}.`
      : `The canary's share rises to ${sayShare(facts.nextWeight)}.`,
  };
}

function late(
  facts: Facts,
  verdict: 'no-data' | 'inconclusive',
  missing: PromotionStanding | undefined,
): Answer {
  const metric = missing?.metric;
  const difference = metric === undefined ? undefined : facts.difference(metric);
  const isRollback = facts.onDeadline === 'rollback';
  return {
    action: isRollback ? 'rollback' : 'hold',
    verdict,
    reason: 'deadline',
    ...(metric !== undefined && { metric }),
    ...(difference && { difference }),
    sentence: `After ${sayTime(facts.elapsedMs)} there is no proof of harm and none of health: ${sayCollecting(facts.requests, missing)}`,
    next: isRollback
      ? ALL_BACK
      : `${STAYS} and a person decides: promote, wait longer, or roll back.`,
  };
}
