import type { Clock } from '@prompt-card/core';
import type { Analyst } from './analyst.ts';
import type { ArmStatus, ReleaseRecord, Route, TrafficRouter, Workload } from './ports.ts';
import { type Revision, revisionName } from './revision.ts';
import { judgeShare } from './share.ts';
import type { Step } from './step.ts';
import { NO_TRAFFIC, type TrafficCounts, countsSince } from './traffic-counts.ts';
import { type Verdict, fail, pass } from './verdict.ts';

/** The outside world of a step. */
export interface StepPorts {
  readonly workload: Workload;
  readonly router: TrafficRouter;
  readonly record: ReleaseRecord;
  readonly analyst: Analyst;
  readonly clock: Clock;
}

/** How a step looks around while it waits. */
export interface StepContext {
  readonly fence: number;
  readonly pollIntervalMs: number;
  /** Called after each look with what was seen; `true` ends the wait: somebody asked for something else. */
  readonly onPoll: (look: StepLook) => Promise<boolean>;
}

/** What a waiting step saw last. */
export interface StepLook {
  readonly arms?: readonly ArmStatus[];
  readonly note?: string;
}

type Kind<K extends Step['kind']> = Extract<Step, { kind: K }>;

/**
 * Carries out one step and says how it went; `undefined` when it was interrupted. Every step first looks
 * at what is there, so that executing it again after a crash has the same effect as executing it once.
 * Errors of the ports are the caller's to handle: they are no verdict about the revision.
 */
export async function executeStep(
  step: Step,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  switch (step.kind) {
    case 'migrate': {
      const applied = await ports.workload.migrate(step.revision);
      return pass(applied.length === 0 ? 'schema is up to date' : `applied ${applied.join(', ')}`);
    }
    case 'deploy':
      await ports.workload.deploy(step.revision);
      return pass('started');
    case 'await-healthy':
      return awaitHealthy(step, ports, context);
    case 'smoke-test':
      return smokeTest(step, ports, context);
    case 'set-weight':
      return setWeight(step, ports, context);
    case 'analyse':
      return analyse(step, ports, context);
    case 'promote':
      await ports.record.promote(step.revision, context.fence);
      return pass(`${revisionName(step.revision)} is stable`);
    case 'drain':
      return drain(step, ports, context);
    case 'retire':
      await ports.router.withdraw(step.revision, context.fence);
      await ports.workload.retire(step.revision);
      return pass('stopped');
    case 'pause':
      return pass('passed by');
  }
}

/**
 * Looks until `look` has a verdict or the time is over. Time is measured as differences of the clock that
 * never count a jump backwards, so that a changed wall clock cannot end a wait early by more than the jump.
 */
async function poll(
  timeoutMs: number,
  { clock }: StepPorts,
  { onPoll, pollIntervalMs }: StepContext,
  look: (elapsedMs: number) => Promise<StepLook & { readonly verdict?: Verdict | undefined }>,
): Promise<Verdict | 'timed-out' | undefined> {
  let elapsedMs = 0;
  let lastMs = clock.now();
  for (;;) {
    const seen = await look(elapsedMs);
    if (await onPoll(seen)) return undefined;
    if (seen.verdict) return seen.verdict;
    if (elapsedMs >= timeoutMs) return 'timed-out';
    await clock.sleep(pollIntervalMs);
    const nowMs = clock.now();
    elapsedMs += Math.min(Math.max(nowMs - lastMs, 0), 4 * pollIntervalMs);
    lastMs = nowMs;
  }
}

async function awaitHealthy(
  step: Kind<'await-healthy'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  let detail = '';
  const result = await poll(step.timeoutMs, ports, context, async () => {
    const health = await ports.workload.health(step.revision);
    if (health.state === 'healthy') return { verdict: pass('healthy') };
    detail = health.detail;
    return health.state === 'absent'
      ? { verdict: fail(stopped(step.revision, detail)) }
      : { note: detail };
  });
  return result === 'timed-out'
    ? fail(
        `${revisionName(step.revision)} did not become healthy within ${step.timeoutMs / 1000} s: ${detail}`,
      )
    : result;
}

function stopped(revision: Revision, detail: string): string {
  return `${revisionName(revision)} does not run: ${detail}`;
}

async function smokeTest(
  step: Kind<'smoke-test'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  let last: Verdict = fail('no attempt was made');
  const timeoutMs = step.intervalMs * (step.attempts - 1);
  const result = await poll(
    timeoutMs,
    ports,
    { ...context, pollIntervalMs: step.intervalMs },
    async () => {
      last = await ports.workload.smokeTest(step.revision);
      return last.outcome === 'pass' ? { verdict: last } : { note: last.reason };
    },
  );
  return result === 'timed-out' ? last : result;
}

/**
 * Makes the revision known to the router without changing what it gets, waits until the router itself
 * finds it ready, and only then asks for the weight: a router that is sent to a target it has never
 * reached has nobody to ask in the meantime. Then measures on requests that came after it whether the
 * data plane obeys: a router that has taken a new configuration and not applied it is found here.
 */
async function setWeight(
  step: Kind<'set-weight'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  const { service } = step.revision;
  const health = await ports.workload.health(step.revision);
  if (step.weight > 0 && health.state !== 'healthy') {
    return fail(
      `${revisionName(step.revision)} is ${health.state} and gets no traffic: ${health.detail}`,
    );
  }
  const introduced = await introduce(step, ports, context);
  if (introduced?.outcome !== 'pass') return introduced;
  await ports.router.route(service, routesOf(step), context.fence);
  if (step.proof.minSamples === 0) return pass('asked for');
  let base = await ports.router.observe(service);
  let verdict: Verdict = fail('nothing was measured');
  const result = await poll(step.proof.timeoutMs, ports, context, async () => {
    const now = await ports.workload.health(step.revision);
    if (now.state === 'absent') return { verdict: fail(stopped(step.revision, now.detail)) };
    const arms = await ports.router.observe(service);
    if (!isSameEra(arms, base)) {
      base = arms;
      return { arms, note: 'the router has begun to count anew' };
    }
    const { hits, total } = sharesSince(arms, base, step.revision);
    if (total < step.proof.minSamples) return { arms };
    verdict = judgeShare(step.weight, hits, total);
    if (verdict.outcome === 'pass') return { arms, verdict };
    // What was counted while the weight was still on its way says nothing about where it arrived.
    base = arms;
    return { arms, note: verdict.reason };
  });
  if (result !== 'timed-out') return result;
  const { hits, total } = sharesSince(await ports.router.observe(service), base, step.revision);
  return verdict.reason === 'nothing was measured'
    ? {
        outcome: 'no-data',
        reason: `only ${total} requests within ${step.proof.timeoutMs / 1000} s, ${step.proof.minSamples} are needed to measure a share`,
      }
    : fail(`${verdict.reason}; last ${hits} of ${total}`);
}

async function introduce(
  step: Kind<'set-weight'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  const { revision, counterpart } = step;
  // Nobody is served by another revision meanwhile, so there is nothing to wait for.
  if (!counterpart || step.weight === 0) return pass('');
  await ports.router.register(revision, context.fence);
  const result = await poll(step.proof.timeoutMs, ports, context, async () => {
    const arms = await ports.router.observe(revision.service);
    return arms.find((arm) => arm.revisionId === revision.id)?.ready
      ? { verdict: pass('') }
      : { note: `the router has not reached ${revisionName(revision)} yet` };
  });
  return result === 'timed-out'
    ? fail(
        `the router did not reach ${revisionName(revision)} within ${step.proof.timeoutMs / 1000} s, although it is healthy`,
      )
    : result;
}

function routesOf(step: Kind<'set-weight'>): readonly Route[] {
  const own = { revision: step.revision, weight: step.weight };
  return step.counterpart
    ? [own, { revision: step.counterpart, weight: 100 - step.weight }]
    : [own];
}

function sharesSince(
  arms: readonly ArmStatus[],
  base: readonly ArmStatus[],
  revision: Revision,
): { readonly hits: number; readonly total: number } {
  let hits = 0;
  let total = 0;
  for (const arm of arms) {
    const { requests } = countsSince(arm.counts, countsOf(base, arm.revisionId));
    total += requests;
    if (arm.revisionId === revision.id) hits += requests;
  }
  return { hits, total };
}

function countsOf(arms: readonly ArmStatus[], revisionId: string): TrafficCounts {
  return arms.find((arm) => arm.revisionId === revisionId)?.counts ?? NO_TRAFFIC;
}

/** So often an analysis begins anew because its figures got a gap. */
const MAX_GAPS = 3;

async function analyse(
  step: Kind<'analyse'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  let base = await ports.router.observe(step.revision.service);
  let beganMs = 0;
  let gaps = 0;
  const since = (arms: readonly ArmStatus[], revision: Revision) =>
    countsSince(countsOf(arms, revision.id), countsOf(base, revision.id));
  const longestMs = step.window.durationMs * (MAX_GAPS + 1);
  const result = await poll(longestMs, ports, context, async (elapsedMs) => {
    const health = await ports.workload.health(step.revision);
    if (health.state === 'absent') return { verdict: fail(stopped(step.revision, health.detail)) };
    const arms = await ports.router.observe(step.revision.service);
    if (!isSameEra(arms, base)) {
      gaps += 1;
      if (gaps > MAX_GAPS) return { arms, verdict: MEASUREMENT_BROKEN };
      base = arms;
      beganMs = elapsedMs;
      return { arms, note: 'the router has begun to count anew, and so does the analysis' };
    }
    const verdict = ports.analyst.judge({
      step,
      elapsedMs: elapsedMs - beganMs,
      revision: since(arms, step.revision),
      counterpart: since(arms, step.counterpart),
    });
    return { arms, verdict };
  });
  return result === 'timed-out'
    ? { outcome: 'inconclusive', reason: 'the analysis ended without a verdict' }
    : result;
}

const MEASUREMENT_BROKEN: Verdict = {
  outcome: 'inconclusive',
  reason: `the router was restarted more than ${MAX_GAPS} times during the analysis`,
};

/** An arm that only one of the readings has is no gap: it came or went. */
function isSameEra(later: readonly ArmStatus[], earlier: readonly ArmStatus[]): boolean {
  return later.every((arm) => {
    const before = earlier.find(({ revisionId }) => revisionId === arm.revisionId);
    return before === undefined || before.era === arm.era;
  });
}

/** A revision whose instance is gone cannot receive anything: it has drained, whatever the counters say. */
async function drain(
  step: Kind<'drain'>,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  const { service, id } = step.revision;
  let lastCount = -1;
  let quietSinceMs = 0;
  let inFlight = 0;
  const result = await poll(step.timeoutMs, ports, context, async (elapsedMs) => {
    const arms = await ports.router.observe(service);
    const arm = arms.find((candidate) => candidate.revisionId === id);
    if (!arm) return { arms, verdict: pass('no longer routed') };
    inFlight = arm.inFlight;
    if (arm.counts.requests !== lastCount || arm.inFlight > 0 || arm.weight > 0) {
      lastCount = arm.counts.requests;
      quietSinceMs = elapsedMs;
    }
    return elapsedMs - quietSinceMs >= step.quietMs
      ? { arms, verdict: pass(`no request for ${step.quietMs / 1000} s`) }
      : { arms };
  });
  return result === 'timed-out'
    ? fail(
        `${revisionName(step.revision)} still receives requests after ${step.timeoutMs / 1000} s (${inFlight} in flight)`,
      )
    : result;
}
