import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { CodedError } from '@prompt-card/core';
import { LocalError } from '@prompt-card/local';
import { RolloutError } from '@prompt-card/rollout';
import { DeployError } from './deploy-error.ts';
import { LocalEnvironment } from './environment/local-environment.ts';
import type { RouterKind } from './environment/local-router.ts';
import { readEnvironmentFile } from './environment/environment-file.ts';
import { RUNBOOK_OF_CODE, runbookLink } from './output/runbook.ts';

/** The option that every command has. */
export interface EnvironmentOption {
  /** Path of the environment file, relative to the workspace. */
  readonly environment: string;
  /** Instead of the environment file's, for the commands that can start an environment. */
  readonly router?: RouterKind;
}

export interface CommandResult {
  readonly success: boolean;
}

/** Opens the environment, runs the command on it, and says what went wrong with the next move. */
export async function runCommand(
  options: EnvironmentOption,
  context: Pick<ExecutorContext, 'root'>,
  command: (environment: LocalEnvironment) => Promise<boolean>,
): Promise<CommandResult> {
  try {
    const file = await readEnvironmentFile(path.join(context.root, options.environment));
    return { success: await command(new LocalEnvironment(context.root, file, options.router)) };
  } catch (error) {
    printError(error);
    return { success: false };
  }
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Where the error is explained: what to do about it, or else what it means. */
function aboutError(error: CodedError): string | undefined {
  const entry = RUNBOOK_OF_CODE[error.code];
  if (entry) return runbookLink(entry);
  const isListed = [RolloutError, LocalError, DeployError].some((each) => error instanceof each);
  return isListed ? `docs/deployment/errors.md#${error.code.toLowerCase()}` : undefined;
}

function printError(error: unknown): void {
  if (!(error instanceof CodedError)) {
    process.stderr.write(
      `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return;
  }
  process.stderr.write(`error ${error.code}: ${error.message}\n`);
  if (error.next) process.stderr.write(`next: ${error.next}\n`);
  const about = aboutError(error);
  if (about) process.stderr.write(`about it: ${about}\n`);
}
