import path from 'node:path';
import { blueGreenPlan, canaryPlan } from '@prompt-card/rollout';
import { runCommand } from '../command.ts';
import { blueGreenOptions, canaryOptions } from '../environment/plan-settings.ts';
import { type DeployOptions, deployRelease } from '../rollout/deploy-release.ts';
import { rollBack } from '../rollout/roll-back.ts';
import { type ClockJump, type CrashPoint, armCrashPoint } from './crash-points.ts';

/** What a controller's process is told, as JSON in its first argument. */
export interface ControllerCommand {
  readonly root: string;
  /** Relative to `root`. */
  readonly environment: string;
  readonly command: 'canary' | 'blue-green' | 'rollback';
  /** The candidate fails some of its requests. */
  readonly faulty: boolean;
  readonly traceFile: string;
  readonly crash?: CrashPoint | undefined;
  readonly takeOver?: boolean | undefined;
  /** The wall clock jumps at these operations. */
  readonly clockJumps?: readonly ClockJump[] | undefined;
}

/** Runs one command as its executor would, and may be made to die in its course. */
async function main(text: string): Promise<void> {
  const told = JSON.parse(text) as ControllerCommand;
  const { root, environment: file, command, faulty, traceFile } = told;
  await armCrashPoint({ ...told, traceFile, folder: root });
  const options: DeployOptions = {
    dryRun: false,
    takeOver: told.takeOver ?? false,
    onInconclusive: 'rollback',
    acceptDrift: false,
    forgetOlder: false,
    breakGlass: undefined,
    reason: 'a kill test',
    requestsPerSecond: 0,
    variables: faulty ? { FAULTY: 'yes' } : {},
  };
  const { success } = await runCommand({ environment: file }, { root }, async (environment) => {
    const result =
      command === 'rollback'
        ? await rollBack(environment, { ...options, to: undefined, requestsPerSecond: 0 })
        : await deployRelease(
            environment,
            (release) =>
              command === 'canary'
                ? canaryPlan(release, canaryOptions(environment.file, {}))
                : blueGreenPlan(release, blueGreenOptions(environment.file)),
            options,
          );
    process.stdout.write(
      `phase ${result?.rollout.phase.kind ?? 'unchanged'} of ${path.basename(root)}\n`,
    );
    return true;
  });
  process.exitCode = success ? 0 : 1;
}

void main(process.argv[2] ?? '');
