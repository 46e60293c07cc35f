import { type LatencyHistogram, latencyBin } from '@prompt-card/rollout';
import { SLOTS, type SlotReading } from './routing.ts';

/** Reads the slots of a service from the CSV that `show stat` answers with. */
export function readSlots(service: string, csv: string): readonly SlotReading[] {
  const [heading = '', ...lines] = csv.split('\n').filter((line) => line.includes(','));
  const names = heading.replace(/^# /, '').split(',');
  const rows = lines.map((line) => {
    const values = line.split(',');
    return (name: string): string => values[names.indexOf(name)] ?? '';
  });
  return SLOTS.flatMap((slot) => {
    const row = rows.find((value) => value('pxname') === service && value('svname') === slot);
    return row ? [slotReading(slot, row)] : [];
  });
}

/**
 * `eresp` counts requests whose answer did not come or broke off, `srv_abrt` those of them whose head had
 * come and was counted under its status already; `econ` those that found no connection in the end.
 */
function slotReading(slot: string, value: (name: string) => string): SlotReading {
  const number = (name: string): number => Number(value(name) || 0);
  const answered = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'].reduce(
    (sum, status) => sum + number(`hrsp_${status}`),
    0,
  );
  const lost = number('eresp') + number('econ');
  return {
    slot,
    address: value('addr'),
    weight: number('uweight'),
    isIdle: value('status').startsWith('MAINT'),
    // A healthy server without weight may be shown as draining.
    isUp: /^(UP|DRAIN|NOLB)/.test(value('status')),
    inFlight: number('scur') + number('qcur'),
    counted: {
      requests: answered + lost - number('srv_abrt'),
      errors: number('hrsp_5xx') + lost,
    },
  };
}

/**
 * Reads the latencies that the configuration has HAProxy count, from what `show table` answers with. A
 * key like `r7/5/23` counts the requests to r7 whose latency in microseconds has five digits and begins
 * with 23: from 23.0 to 23.9 ms. So a percentile is known to two digits.
 */
export function readLatencies(table: string): ReadonlyMap<string, LatencyHistogram> {
  const histograms = new Map<string, Record<number, number>>();
  for (const [, revision, digits, lead, count] of table.matchAll(
    /key=([^\s/]+)\/(\d+)\/(\d+) .*\bgpc0=(\d+)/g,
  )) {
    if (revision === undefined || lead === undefined) continue;
    const micros = (Number(lead) + 0.5) * 10 ** (Number(digits) - lead.length);
    const histogram = histograms.get(revision) ?? {};
    const bin = latencyBin(micros / 1_000);
    histogram[bin] = (histogram[bin] ?? 0) + Number(count);
    histograms.set(revision, histogram);
  }
  return histograms;
}
