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
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';
import type { ProgressView } from '../output/progress-view.ts';
import { type WrittenReport, writeReport } from '../output/write-report.ts';
import { journalFile } from './rollout-files.ts';
import { RolloutLogbook } from './rollout-log.ts';

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
}

const POLL_INTERVAL_MS = 200;
const RETRY_DELAY_MS = 1_000;

/** Begins a rollout: its journal exists, and whoever comes later finds it. */
export async function beginRollout(
  options: SessionOptions,
  start: RolloutStart,
): Promise<SessionResult> {
  const journal = await openJournal(options, start.id);
  await journal.append({
    atMs: systemClock.now(),
    fence: options.lease.fence,
    entry: { kind: 'started', start, by: options.lease.holder.by },
  });
  return run(options, journal, startRollout(start));
}

/** Goes on with a rollout whose controller is gone, or that a person has answered. */
export async function resumeRollout(
  options: SessionOptions,
  rollout: Rollout,
): Promise<SessionResult> {
  return run(options, await openJournal(options, rollout.id), rollout);
}

export function openJournal(
  { environment, lease }: Pick<SessionOptions, 'environment' | 'lease'>,
  id: string,
): Promise<FileJournal> {
  return FileJournal.open(journalFile(environment, id), () => lease.isHeld());
}

async function run(
  options: SessionOptions,
  journal: FileJournal,
  initial: Rollout,
): Promise<SessionResult> {
  const { environment, running, lease, view } = options;
  const logbook = new RolloutLogbook(initial, systemClock.now());
  for (const { service } of initial.plan.release.map(({ candidate }) => candidate)) {
    logbook.begin(service, await running.router.observe(service));
  }
  const traffic = startOwnTraffic(options, initial);
  const inbox = new FileInbox(environment.path('inbox'));
  await inbox.clear();
  let rollout: Rollout;
  try {
    rollout = await runRollout(
      initial,
      { ...running, analyst: fixedAnalyst(environment.file.limits), clock: systemClock },
      {
        journal,
        inbox,
        fence: lease.fence,
        pollIntervalMs: POLL_INTERVAL_MS,
        retryDelayMs: RETRY_DELAY_MS,
        onProgress: (progress) => {
          const nowMs = systemClock.now();
          logbook.add(progress, nowMs);
          view.update(progress, logbook.log, nowMs);
        },
      },
    );
  } finally {
    await traffic?.stop();
  }
  const finishedAtMs = systemClock.now();
  view.close(logbook.log, finishedAtMs);
  const report = await writeReport(environment.rolloutFolder(rollout.id), {
    environment: environment.file.name,
    by: lease.holder.by,
    log: logbook.log,
    finishedAtMs,
    traffic: await traffic?.stop(),
  });
  return { rollout, traffic: await traffic?.stop(), report, urls: running.urls };
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
    scenario: {
      name: environment.file.name,
      maxResources: traffic.maxResources,
      operations: traffic.operations,
    },
  });
}
