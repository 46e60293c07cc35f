/** What is known of one of the two runs. */
export interface VerifiedRun {
  readonly code: number;
  /** Counted by the server during the run. */
  readonly hits: number;
  readonly stored: number;
  /** As Nx recorded them. */
  readonly tasks: readonly { readonly taskId: string; readonly cacheStatus: string }[];
}

/**
 * What speaks against "the second run was served by the first". The server's own count decides; Nx's
 * record only names the tasks that ran again.
 */
export function judgeSecondRun(first: VerifiedRun, second: VerifiedRun): readonly string[] {
  const problems: string[] = [];
  if (first.code !== 0) problems.push(`the first run ended with ${first.code}`);
  if (second.code !== 0) problems.push(`the second run ended with ${second.code}`);
  if (first.stored === 0) problems.push('the first run stored nothing');
  if (second.hits < first.stored) {
    problems.push(`the server served ${second.hits} of the ${first.stored} artifacts it stored`);
  }
  if (second.stored > 0) problems.push(`the second run stored ${second.stored} artifacts anew`);
  const again = second.tasks.filter(({ cacheStatus }) => cacheStatus === 'cache-miss');
  const cached = new Set(
    first.tasks
      .filter(({ cacheStatus }) => cacheStatus !== 'cache-miss')
      .map((task) => task.taskId),
  );
  for (const { taskId } of again) {
    if (cached.has(taskId)) problems.push(`${taskId} was a hit once and ran again`);
  }
  return problems;
}
