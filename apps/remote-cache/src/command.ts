import { CodedError } from '@prompt-card/core';
import { RemoteCacheError } from './remote-cache-error.ts';
import { serve } from './serve.ts';
import { tokenCommand } from './access/token-command.ts';
import { report } from './report.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], environment: Environment) => Promise<void>>
> = { serve, token: tokenCommand, report };

/** Runs one command and returns the exit code; an expected error is told in three lines, not in a trace. */
export async function runCommand(
  [name = 'serve', ...args]: readonly string[],
  environment: Environment,
): Promise<number> {
  try {
    const command = COMMANDS[name];
    if (!command) {
      throw new RemoteCacheError('COMMAND_UNKNOWN', `there is no command ${name}`, {
        next: `use one of ${Object.keys(COMMANDS).join(', ')}`,
      });
    }
    await command(args, environment);
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    if (error.cause instanceof Error) console.error(`because: ${error.cause.message}`);
    if (error.next) console.error(`next: ${error.next}`);
    return 1;
  }
}
