import type { PinLock } from './pin-lock.ts';

/** One `uses:` line of another repository's action. */
export interface PinnedUse {
  readonly path: string;
  readonly line: number;
  /** `owner/name`, without the folder inside it. */
  readonly repository: string;
  readonly ref: string;
  /** The version in the comment after it. */
  readonly comment?: string;
}

/** Finds the uses in a file's text; `$/` and `./` are of this repository and need no pin. */
export function usesIn(path: string, content: string): PinnedUse[] {
  const pattern =
    /^\s*(?:-\s+)?uses:\s+([\w.-]+\/[\w.-]+)(?:\/[\w./-]+)?@([\w./-]+)(?:\s+#\s*(\S+))?/;
  return content.split('\n').flatMap((text, index) => {
    const [, repository, ref, comment] = pattern.exec(text) ?? [];
    if (repository === undefined || ref === undefined) return [];
    const use = { path, line: index + 1, repository, ref };
    return [comment === undefined ? use : { ...use, comment }];
  });
}

/** Where lines and lock disagree. Unknown commits are not a disagreement; they are counted apart. */
export function checkPins(uses: readonly PinnedUse[], lock: PinLock): string[] {
  const problems = uses.flatMap((use) => {
    const place = `${use.path}:${use.line}`;
    const pin = lock.actions[use.repository];
    if (pin === undefined) return [`${place} ${use.repository} is not in the lock`];
    if (pin.commit === null) {
      return use.ref === pin.version
        ? []
        : [`${place} ${use.repository} is at ${use.ref}, the lock at ${pin.version}`];
    }
    if (use.ref !== pin.commit) {
      return [`${place} ${use.repository} is at ${use.ref}, the lock at ${pin.commit}`];
    }
    return use.comment === pin.version
      ? []
      : [`${place} ${use.repository} has no comment with its version ${pin.version}`];
  });
  const used = new Set(uses.map(({ repository }) => repository));
  const unused = Object.keys(lock.actions).filter((name) => !used.has(name));
  return [...problems, ...unused.map((name) => `${name} is in the lock and used nowhere`)];
}

/** The file with every known pin written into its line. */
export function applyPins(content: string, lock: PinLock): string {
  return content
    .split('\n')
    .map((line) => {
      const [use] = usesIn('', line);
      const pin = use && lock.actions[use.repository];
      if (use === undefined || pin === undefined || pin.commit === null) return line;
      return line.replace(/@[\w./-]+(\s+#.*)?$/, `@${pin.commit} # ${pin.version}`);
    })
    .join('\n');
}
