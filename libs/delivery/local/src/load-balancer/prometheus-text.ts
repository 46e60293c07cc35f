import { percentile } from '@prompt-card/rollout';
import type { RevisionCounts, ServiceStatus } from './service-status.ts';

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every count of every service, in Prometheus' text format. */
export function prometheusText(statuses: readonly ServiceStatus[]): string {
  return metrics(statuses)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(
        ({ suffix = '', labels, value }) => `${name}${suffix}{${labelText(labels)}} ${value}`,
      ),
    ])
    .join('\n')
    .concat('\n');
}

function metrics(statuses: readonly ServiceStatus[]): readonly Metric[] {
  const perRevision = (value: (counts: RevisionCounts) => number): readonly Sample[] =>
    statuses.flatMap(({ service, revisions }) =>
      revisions.map((counts) => ({
        labels: { service, revision: counts.revision },
        value: value(counts),
      })),
    );
  const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name: `load_balancer_${name}_total`,
    type: 'counter',
    help,
    samples,
  });
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name: `load_balancer_${name}`,
    type: 'gauge',
    help,
    samples,
  });
  return [
    counter(
      'responses',
      'Requests answered, by class of status.',
      statuses.flatMap(responseSamples),
    ),
    counter(
      'client_aborts',
      'Requests that the client gave up.',
      perRevision((c) => c.abortedByClient),
    ),
    counter(
      'truncated',
      'Responses that the target broke off.',
      perRevision((c) => c.truncated),
    ),
    counter(
      'connect_errors',
      'Connections that could not be opened.',
      perRevision((c) => c.connectErrors),
    ),
    counter(
      'timeouts',
      'Requests that the target did not answer in time.',
      perRevision((c) => c.timeouts),
    ),
    counter(
      'retries',
      'Attempts that failed and went on elsewhere.',
      perRevision((c) => c.retries),
    ),
    gauge(
      'in_flight',
      'Requests under way.',
      perRevision((c) => c.inFlight),
    ),
    {
      name: 'load_balancer_latency_seconds',
      type: 'summary',
      help: 'From the head of a request to the last byte of its response.',
      samples: statuses.flatMap(latencySamples),
    },
    counter(
      'unrouted',
      'Requests without an eligible target.',
      perService(statuses, (s) => s.unrouted),
    ),
    counter(
      'refused',
      'Malformed or unsafe requests.',
      perService(statuses, (s) => s.refused),
    ),
    gauge(
      'target_weight',
      'The weight asked for.',
      targetSamples(statuses, (t) => t.weight),
    ),
    gauge(
      'target_healthy',
      'Whether the target passes its health check.',
      targetSamples(statuses, (t) => (t.health === 'healthy' ? 1 : 0)),
    ),
    gauge(
      'generation',
      'How often the worker has been started.',
      perService(statuses, (s) => s.generation),
    ),
  ];
}

function responseSamples({ service, revisions }: ServiceStatus): readonly Sample[] {
  return revisions.flatMap(({ revision, statuses }) =>
    Object.entries(statuses).map(([code, value]) => ({
      labels: { service, revision, code },
      value,
    })),
  );
}

function latencySamples({ service, revisions }: ServiceStatus): readonly Sample[] {
  return revisions.flatMap(({ revision, latency }) => [
    ...['0.5', '0.95', '0.99'].map((quantile) => ({
      labels: { service, revision, quantile },
      value: percentile(latency, Number(quantile)) / 1_000,
    })),
    {
      suffix: '_count',
      labels: { service, revision },
      value: Object.values(latency).reduce((sum, count) => sum + count, 0),
    },
  ]);
}

function perService(
  statuses: readonly ServiceStatus[],
  value: (status: ServiceStatus) => number,
): readonly Sample[] {
  return statuses.map((status) => ({ labels: { service: status.service }, value: value(status) }));
}

function targetSamples(
  statuses: readonly ServiceStatus[],
  value: (target: ServiceStatus['targets'][number]) => number,
): readonly Sample[] {
  return statuses.flatMap(({ service, targets }) =>
    targets.map((target) => ({
      labels: { service, revision: target.revision, target: `${target.host}:${target.port}` },
      value: value(target),
    })),
  );
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '\\$&')}"`)
    .join(',');
}
