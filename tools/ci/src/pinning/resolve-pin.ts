import { CiError } from '../ci-error.ts';
import { git } from '../git.ts';

/**
 * Asks the remote which commit a version's tag names. An annotated tag is an object of its own: its
 * commit stands in the line that ends with `^{}`.
 */
export async function resolvePin(
  server: string,
  repository: string,
  version: string,
): Promise<string> {
  const tag = `refs/tags/${version}`;
  const lines = await git('.', 'ls-remote', `${server}/${repository}`, tag, `${tag}^{}`);
  const rows = lines.split('\n').map((line) => line.split('\t'));
  const commit =
    rows.find(([, ref]) => ref === `${tag}^{}`)?.[0] ?? rows.find(([, ref]) => ref === tag)?.[0];
  if (commit !== undefined && /^[0-9a-f]{40}$/.test(commit)) return commit;
  throw new CiError('PIN_UNRESOLVED', `${repository} has no tag ${version}`, {
    next: `correct the version of ${repository} in the lock`,
  });
}
