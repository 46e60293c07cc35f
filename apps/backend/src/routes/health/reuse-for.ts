/**
 * Calls `produce` at most once per `ageMs`; callers in between share the last result, also one that is
 * still under way. A failure is not kept.
 */
export function reuseFor<Result>(
  ageMs: number,
  now: () => number,
  produce: () => Promise<Result>,
): () => Promise<Result> {
  let latest: { readonly at: number; readonly result: Promise<Result> } | undefined;
  return () => {
    if (latest !== undefined && now() - latest.at < ageMs) return latest.result;
    const current = { at: now(), result: produce() };
    latest = current;
    current.result.catch(() => {
      if (latest === current) latest = undefined;
    });
    return current.result;
  };
}
