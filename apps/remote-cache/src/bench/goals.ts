/** One thing that the benchmark measures. */
export interface Workload {
  readonly name: string;
  readonly kind: 'get' | 'put';
  readonly bytes: number;
  readonly connections: number;
  /** Least ratio to nginx in the same round; absent where no goal is set. */
  readonly goals: {
    readonly disk?: number;
    readonly hot?: number;
    readonly p99Ms?: number;
  };
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The goals: requests per second as a ratio to nginx (sendfile, DAV PUT), each server on one core. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: 'GET 4 KiB ×8',
    kind: 'get',
    bytes: 4 * KIB,
    connections: 8,
    goals: { disk: 0.2, hot: 0.4, p99Ms: 2 },
  },
  {
    name: 'GET 256 KiB ×8',
    kind: 'get',
    bytes: 256 * KIB,
    connections: 8,
    goals: { disk: 0.18, hot: 0.35 },
  },
  {
    name: 'GET 8 MiB ×8',
    kind: 'get',
    bytes: 8 * MIB,
    connections: 8,
    goals: { disk: 0.38, hot: 0.7 },
  },
  { name: 'GET 64 MiB ×64', kind: 'get', bytes: 64 * MIB, connections: 64, goals: { disk: 0.25 } },
  { name: 'PUT 4 KiB ×8', kind: 'put', bytes: 4 * KIB, connections: 8, goals: { disk: 0.5 } },
  { name: 'PUT 8 MiB ×8', kind: 'put', bytes: 8 * MIB, connections: 8, goals: { disk: 0.7 } },
  { name: 'PUT 64 MiB ×8', kind: 'put', bytes: 64 * MIB, connections: 8, goals: { disk: 0.65 } },
];

export interface Sample {
  readonly perSecond: number;
  readonly p99Ms: number | undefined;
}

/** One round: what each contender reached, by its name. */
export type Round = ReadonlyMap<string, Sample>;

export interface Verdict {
  readonly goal: string;
  readonly wanted: string;
  readonly got: string;
  readonly isReached: boolean;
}

/** The median over the rounds of the ratio to nginx within each round. */
export function ratioOf(contender: string, rounds: readonly Round[]): number | undefined {
  const ratios = rounds.flatMap((round) => {
    const [own, nginx] = [round.get(contender), round.get('nginx')];
    // In a starved round nothing may have ended: that says nothing about either.
    return own && nginx && nginx.perSecond > 0 ? [own.perSecond / nginx.perSecond] : [];
  });
  return median(ratios);
}

/** Each goal of a workload against what the rounds show. */
export function judge(workload: Workload, rounds: readonly Round[]): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  for (const tier of ['disk', 'hot'] as const) {
    const wanted = workload.goals[tier];
    const got = ratioOf(tier, rounds);
    if (wanted === undefined) continue;
    verdicts.push({
      goal: `${workload.name}, ${tier}`,
      wanted: `≥ ${wanted.toFixed(2)}`,
      // A goal that could not be measured is not reached.
      got: got?.toFixed(2) ?? 'not measured',
      isReached: got !== undefined && got >= wanted,
    });
  }
  const { p99Ms } = workload.goals;
  const hotP99 = median(rounds.flatMap((round) => round.get('hot')?.p99Ms ?? []));
  if (p99Ms !== undefined && hotP99 !== undefined) {
    verdicts.push({
      goal: `${workload.name}, hot, p99`,
      wanted: `≤ ${p99Ms} ms`,
      got: `${hotP99.toFixed(2)} ms`,
      isReached: hotP99 <= p99Ms,
    });
  }
  return verdicts;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  return (upper + (sorted[middle - 1] ?? upper)) / 2;
}
