import { CiError } from './ci-error.ts';
import { runProgram } from './program.ts';

/** Runs git in a repository and gives what it printed. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const result = await runProgram('git', args, { cwd });
  if (result.exitCode !== 0) {
    throw new CiError('GIT_FAILED', `git ${args.join(' ')}: ${result.stderr.trim()}`, {
      next: 'check that the revision exists here; a shallow clone lacks older ones (`git fetch --unshallow`)',
    });
  }
  return result.stdout;
}

/** Files that differ between two commits, from where their histories part. */
export async function changedFiles(cwd: string, base: string, head: string): Promise<string[]> {
  const range = `${base}...${head}`;
  const text = await git(cwd, 'diff', '--name-only', '--no-renames', '-z', range);
  return text.split('\0').filter((name) => name !== '');
}
