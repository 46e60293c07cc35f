import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { CodedError } from '@prompt-card/core';
import { LocalEnvironment } from './environment/local-environment.ts';
import { readEnvironmentFile } from './environment/environment-file.ts';

/** The option that every command has. */
export interface EnvironmentOption {
  /** Path of the environment file, relative to the workspace. */
  readonly environment: string;
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
    return { success: await command(new LocalEnvironment(context.root, file)) };
  } catch (error) {
    printError(error);
    return { success: false };
  }
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Where the error is explained. Only the codes of this tool and of its libraries are. */
function aboutError({ code }: CodedError): string {
  return `docs/deployment/errors.md#${code.toLowerCase()}`;
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
  process.stderr.write(`about it: ${aboutError(error)}\n`);
}
