import {
  FileInbox,
  FileJournal,
  type FileLease,
  type TrafficReport,
  startTraffic,
  systemClock,
} from '@prompt-card/local';
import {
  type Rollout,
  type RolloutStart,
  fixedAnalyst,
  runRollout,
  startRollout,
} from '@prompt-card/rollout';
import { printLine } from '../command.ts';
import { calledHooks } from '../hooks/called-hooks.ts';
import { Notifier } from '../hooks/notifier.ts';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';
import type { ProgressView } from '../output/progress-view.ts';
import { type RunbookEntry, runbookOfVerdict } from '../output/runbook.ts';
import { type WrittenReport, writeReport } from '../output/write-report.ts';
import { inboxFolder, journalFile } from './rollout-files.ts';
import { type RolloutLog, RolloutLogbook } from './rollout-log.ts';

/** Everything a rollout is run with. */
export interface SessionOptions {
  readonly environment: LocalEnvironment;
  readonly running: RunningEnvironment;
  readonly lease: FileLease;
  readonly view: ProgressView;
  /** 0 sends none; `undefined` sends what the environment file says. */
  readonly requestsPerSecond?: number | undefined;
}

export interface SessionResult {
  readonly rollout: Rollout;
  /** What the rollout's own clients saw; `undefined` where others send the traffic. */
  readonly traffic: TrafficReport | undefined;
  readonly report: WrittenReport;
  /** Where each service is reached, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Hooks and notifications that failed without changing anything. */
  readonly unheeded: readonly string[];
  /** What a person can read about the last step that did not pass. */
  readonly about: RunbookEntry | undefined;
}

const POLL_INTERVAL_MS = 200;
const RETRY_DELAY_MS = 1_000;

/** Begins a rollout: its journal exists, and whoever comes later finds it. */
export async function beginRollout(
  options: SessionOptions,
  start: RolloutStart,
  overruled: readonly string[] = [],
): Promise<SessionResult> {
  await recordStart(options, start, overruled);
  const journal = await openJournal(options, start.id);
  await journal.append({
    atMs: systemClock.now(),
    fence: options.lease.fence,
    entry: { kind: 'started', start, by: options.lease.holder.by },
  });
  return run(options, journal, startRollout(start), 'started');
}

/** What cannot be recorded does not go out; a way back is never kept from being taken. */
async function recordStart(
  { environment, lease }: SessionOptions,
  { id, plan, reason }: RolloutStart,
  overruled: readonly string[],
): Promise<void> {
  const { strategy } = plan;
  const release = plan.release.map(({ stable, candidate }) => {
    const [from, to] =
      strategy === 'rollback' ? [candidate.id, stable?.id] : [stable?.id, candidate.id];
    return { service: candidate.service, from, to };
  });
  const event = { kind: 'started', rollout: id, strategy, reason, release, overruled } as const;
  const { by } = lease.holder;
  if (strategy !== 'rollback') return environment.audit.append(event, by, systemClock.now());
  const problem = await environment.audit.tryAppend(event, by, systemClock.now());
  if (problem) printLine(problem);
}

/** Goes on with a rollout whose controller is gone, or that a person has answered. */
export async function resumeRollout(
  options: SessionOptions,
  rollout: Rollout,
): Promise<SessionResult> {
  const problem = await options.environment.audit.tryAppend(
    { kind: 'resumed', rollout: rollout.id },
    options.lease.holder.by,
    systemClock.now(),
  );
  if (problem) printLine(problem);
  return run(options, await openJournal(options, rollout.id), rollout, rollout.phase.kind);
}

export async function openJournal(
  { environment, lease }: Pick<SessionOptions, 'environment' | 'lease'>,
  id: string,
): Promise<FileJournal> {
  const journal = await FileJournal.open(journalFile(environment, id), () => lease.isHeld());
  if (journal.tornBytes > 0) {
    printLine(
      `the journal of rollout ${id} ended in ${journal.tornBytes} bytes of a record that was never finished; they were cut off`,
    );
  }
  return journal;
}

async function run(
  options: SessionOptions,
  journal: FileJournal,
  initial: Rollout,
  begunAs: 'started' | Rollout['phase']['kind'],
): Promise<SessionResult> {
  const { environment, running, lease, view } = options;
  await takeCharge(options);
  const unheeded: string[] = [];
  const place = { environment: environment.file.name, urls: running.urls };
  const setting = { folder: environment.workspaceRoot, variables: process.env };
  const note = (text: string) => unheeded.push(text);
  const notifier = new Notifier(environment.file.notifications, place, setting, note);
  notifier.tell(begunAs, initial);
  const logbook = new RolloutLogbook(initial, systemClock.now());
  for (const { service } of initial.plan.release.map(({ candidate }) => candidate)) {
    logbook.begin(service, await running.router.observe(service));
  }
  const traffic = startOwnTraffic(options, initial);
  const inbox = new FileInbox(inboxFolder(environment, lease.fence));
  let rollout: Rollout;
  try {
    rollout = await runRollout(
      initial,
      { ...running, analyst: fixedAnalyst(environment.file.limits), clock: systemClock },
      {
        journal,
        inbox,
        hooks: calledHooks(environment.file.hooks, place, setting, note),
        fence: lease.fence,
        pollIntervalMs: POLL_INTERVAL_MS,
        retryDelayMs: RETRY_DELAY_MS,
        onProgress: (progress) => {
          const nowMs = systemClock.now();
          logbook.add(progress, nowMs);
          view.update(progress, logbook.log, nowMs);
          if (progress.kind === 'phase-changed') {
            notifier.tell(progress.rollout.phase.kind, progress.rollout);
          }
        },
      },
    );
  } finally {
    await traffic?.stop();
    await inbox.clear();
  }
  const trafficReport = await traffic?.stop();
  const finishedAtMs = systemClock.now();
  view.close(logbook.log, finishedAtMs);
  const report = await writeReport(environment.rolloutFolder(rollout.id), {
    environment: environment.file.name,
    by: lease.holder.by,
    log: logbook.log,
    finishedAtMs,
    traffic: trafficReport,
  });
  await notifier.close();
  await recordOutcome(options, rollout, logbook.log, unheeded);
  return {
    rollout,
    traffic: trafficReport,
    report,
    urls: running.urls,
    unheeded,
    about: aboutLastFailure(logbook.log),
  };
}

function aboutLastFailure({ steps }: RolloutLog): RunbookEntry | undefined {
  return steps
    .flatMap(({ step, verdict }) => (verdict ? [runbookOfVerdict(step.kind, verdict)] : []))
    .filter((entry) => entry !== undefined)
    .at(-1);
}

/** The rollout has happened: that it could not be written down is said, and changes nothing. */
async function recordOutcome(
  { environment, lease }: SessionOptions,
  { id, phase }: Rollout,
  { steps }: RolloutLog,
  unheeded: string[],
): Promise<void> {
  const verdicts = steps.flatMap(({ text, verdict }) =>
    verdict ? [{ step: text, outcome: verdict.outcome, reason: verdict.reason }] : [],
  );
  const reason = 'reason' in phase ? phase.reason : '';
  const problem = await environment.audit.tryAppend(
    { kind: 'outcome', rollout: id, phase: phase.kind, reason, verdicts, unheeded },
    lease.holder.by,
    systemClock.now(),
  );
  if (problem) unheeded.push(problem);
}

/** From here on whoever held an older lease is refused, also where nothing has been written under this one. */
async function takeCharge({ environment, running, lease }: SessionOptions): Promise<void> {
  for (const { name } of environment.file.services) {
    await running.takeCharge(name, lease.fence);
  }
}

function startOwnTraffic(
  { environment, running, requestsPerSecond }: SessionOptions,
  { plan }: Rollout,
): { stop(): Promise<TrafficReport> } | undefined {
  const { traffic } = environment.file;
  const rate = requestsPerSecond ?? traffic?.requestsPerSecond ?? 0;
  const url = traffic && running.urls[traffic.service];
  if (!url || rate === 0 || plan.strategy === 'install') return undefined;
  return startTraffic({
    url,
    requestsPerSecond: rate,
    seed: 1,
    // A machine that cannot keep up sheds requests instead of piling them up until they time out.
    maxInFlight: 64,
    scenario: {
      name: environment.file.name,
      maxResources: traffic.maxResources,
      operations: traffic.operations,
    },
  });
}
