import type { MinutePoint } from './minute.ts';
import { SteppedPeer } from './stepped.ts';

const CONFIDENCE_Z = 2.3263478740408408;
const TOLERANCE = 0.25;
const MARGINAL = 75;
const PASS = 95;

/**
 * Kayenta's judge: every five minutes a Mann-Whitney test at 98 % on minute points of each metric; a metric
 * whose shift exceeds a quarter of its estimate is "high", the score is the share of metrics that are not.
 */
export class KayentaRollout extends SteppedPeer {
  readonly #points: { baseline: MinutePoint; canary: MinutePoint }[] = [];

  protected override minute(number: number, baseline: MinutePoint, canary: MinutePoint): void {
    this.#points.push({ baseline, canary });
    if (number % 5 === 0 && this.#score() < (number === 30 ? PASS : MARGINAL)) this.rollBack();
    else this.followPlan(number);
  }

  #score(): number {
    const metrics = ['errorRate', 'p99Ms', 'businessFailureRate'] as const;
    const passed = metrics.filter(
      (metric) =>
        !isHigh(
          this.#points.map(({ baseline }) => baseline[metric]),
          this.#points.map(({ canary }) => canary[metric]),
        ),
    );
    return (100 * passed.length) / metrics.length;
  }
}

/** The shift's confidence interval lies above the tolerance around zero. */
export function isHigh(baseline: readonly number[], canary: readonly number[]): boolean {
  const [b, c] = [baseline, canary].map((points) => points.filter((point) => !Number.isNaN(point)));
  if (!b?.length || !c?.length) return false;
  const shifts = c.flatMap((x) => b.map((y) => x - y)).sort((x, y) => x - y);
  const pairs = b.length * c.length;
  const cut = Math.round(
    pairs / 2 - CONFIDENCE_Z * Math.sqrt((pairs * (b.length + c.length + 1)) / 12),
  );
  const low = shifts[Math.max(0, cut)] as number;
  const middle = shifts[Math.floor(pairs / 2)] as number;
  return low > TOLERANCE * Math.abs(middle);
}
