import type { ScopeUsage } from '../upkeep/retention.ts';

const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000];

/**
 * Counters in Prometheus' text format. Plain numbers: a metrics library costs more per request here
 * than reading a small artifact does.
 */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  readonly #latency = {
    read: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
    write: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
  };
  readonly #latencySum = { read: 0, write: 0 };
  readonly #evictions = new Map<string, number>();
  bytesServed = 0;
  bytesStored = 0;
  quarantined = 0;
  scrubbed = 0;
  uploadsActive = 0;
  readsActive = 0;

  request(outcome: string): void {
    this.#requests.set(outcome, (this.#requests.get(outcome) ?? 0) + 1);
  }

  refusal(reason: string): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  eviction(reason: string): void {
    this.#evictions.set(reason, (this.#evictions.get(reason) ?? 0) + 1);
  }

  observe(kind: 'read' | 'write', durationMs: number): void {
    const at = LATENCY_BUCKETS_MS.findIndex((limit) => durationMs <= limit);
    const bucket = at === -1 ? LATENCY_BUCKETS_MS.length : at;
    this.#latency[kind][bucket] = (this.#latency[kind][bucket] ?? 0) + 1;
    this.#latencySum[kind] += durationMs;
  }

  render(usage: readonly ScopeUsage[], memoryTierBytes: number): string {
    return [
      ...counter('remote_cache_requests_total', 'Requests by outcome.', 'outcome', this.#requests),
      ...counter('remote_cache_refusals_total', 'Uploads refused.', 'reason', this.#refusals),
      ...counter('remote_cache_evictions_total', 'Artifacts evicted.', 'reason', this.#evictions),
      ...single('remote_cache_served_bytes_total', 'counter', 'Bytes served.', this.bytesServed),
      ...single('remote_cache_stored_bytes_total', 'counter', 'Bytes stored.', this.bytesStored),
      ...single('remote_cache_quarantined_total', 'counter', 'Put aside.', this.quarantined),
      ...single('remote_cache_scrubbed_total', 'counter', 'Scrubbed.', this.scrubbed),
      ...single('remote_cache_uploads_active', 'gauge', 'Uploads now.', this.uploadsActive),
      ...single('remote_cache_reads_active', 'gauge', 'Transfers now.', this.readsActive),
      ...single('remote_cache_memory_tier_bytes', 'gauge', 'Held in memory.', memoryTierBytes),
      ...single(
        'remote_cache_resident_bytes',
        'gauge',
        'Memory of the process.',
        process.memoryUsage.rss(),
      ),
      ...gaugeByScope('remote_cache_artifacts', 'Artifacts.', usage, ({ artifacts }) => artifacts),
      ...gaugeByScope('remote_cache_bytes', 'Bytes stored.', usage, ({ bytes }) => bytes),
      ...this.#histogram('read'),
      ...this.#histogram('write'),
      '',
    ].join('\n');
  }

  #histogram(kind: 'read' | 'write'): readonly string[] {
    const name = `remote_cache_${kind}_duration_seconds`;
    let sum = 0;
    const lines = this.#latency[kind].map((count, at) => {
      sum += count;
      const limit = LATENCY_BUCKETS_MS[at];
      return `${name}_bucket{le="${limit === undefined ? '+Inf' : limit / 1000}"} ${sum}`;
    });
    return [
      `# HELP ${name} Time to the end of the answer.`,
      `# TYPE ${name} histogram`,
      ...lines,
      `${name}_sum ${this.#latencySum[kind] / 1000}`,
      `${name}_count ${sum}`,
    ];
  }
}

function head(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function single(name: string, type: string, help: string, value: number): readonly string[] {
  return [...head(name, type, help), `${name} ${value}`];
}

function counter(
  name: string,
  help: string,
  label: string,
  values: ReadonlyMap<string, number>,
): readonly string[] {
  const lines = [...values].map(([value, count]) => `${name}{${label}="${value}"} ${count}`);
  return [...head(name, 'counter', help), ...lines];
}

/** Pull requests are one label: thousands of them would be thousands of series. */
function gaugeByScope(
  name: string,
  help: string,
  usage: readonly ScopeUsage[],
  valueOf: (usage: ScopeUsage) => number,
): readonly string[] {
  const sumOf = (isTrusted: boolean) =>
    usage
      .filter(({ scope }) => (scope === 'trusted') === isTrusted)
      .reduce((sum, one) => sum + valueOf(one), 0);
  return [
    ...head(name, 'gauge', help),
    `${name}{scope="trusted"} ${sumOf(true)}`,
    `${name}{scope="pull-request"} ${sumOf(false)}`,
  ];
}
