/** What is wrong with the canary, as a function of its age. */
export interface Fault {
  readonly name: string;
  /** Failure rate that the fault adds, 0..1. */
  readonly errors?: (ageSeconds: number) => number;
  /** Latency multiplier. */
  readonly slow?: (ageSeconds: number) => number;
  /** Share of requests that take three times the p99. */
  readonly tail?: number;
  /** Multiplies the slowest tenth of latencies: moves the p99 and leaves the median. */
  readonly stretch?: number;
  /** Failure rate that the fault adds to runs. */
  readonly business?: number;
}

/** The healthy service. */
export const BASE = { errors: 0.001, business: 0.01, medianMs: 80, p99Ms: 323, runs: 0.2 } as const;

/** The rate to add so that a service failing at `base` fails at `target` in all. */
const addTo = (base: number, target: number) => (target - base) / (1 - base);

const errorsTo = (target: number): Fault => ({
  name: `errors ${100 * target} %`,
  errors: () => addTo(BASE.errors, target),
});

export const NONE: Fault = { name: 'none' };
export const ERRORS_HALF_PERCENT = errorsTo(0.005);
export const ERRORS_1 = errorsTo(0.01);
export const ERRORS_5 = errorsTo(0.05);
export const ERRORS_50 = errorsTo(0.5);
export const SLOW_5: Fault = { name: 'latency +5 %', slow: () => 1.05 };
export const SLOW_20: Fault = { name: 'latency +20 %', slow: () => 1.2 };
export const TAIL: Fault = { name: '2 % at 3×p99', tail: 0.02 };
export const LEAK: Fault = {
  name: 'leak',
  errors: (age) => 0.01 * Math.min(1, age / 1800),
  slow: (age) => 1 + 0.6 * Math.min(1, age / 1800),
};
export const BUSINESS: Fault = { name: 'business 99→95 %', business: addTo(BASE.business, 0.05) };

export const FAULTS: readonly Fault[] = [
  ERRORS_HALF_PERCENT,
  ERRORS_1,
  ERRORS_5,
  ERRORS_50,
  SLOW_5,
  SLOW_20,
  TAIL,
  LEAK,
  BUSINESS,
];

/** Harm of exactly the margins that the promotion tests exclude. */
export const AT_MARGIN: readonly Fault[] = [
  { name: 'errors at the margin', errors: () => addTo(BASE.errors, BASE.errors + 0.002) },
  { name: 'business at the margin', business: addTo(BASE.business, BASE.business + 0.02) },
  { name: 'median at the margin', slow: () => 1.1 },
  { name: 'p99 at the margin', stretch: 1.5 },
];
