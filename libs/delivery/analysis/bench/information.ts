import { normalCdf } from '../src/index.ts';
import { BASE, type Fault } from './fault.ts';
import { SIGMA } from './world.ts';

/** A distribution over cells; what an outcome can be, coarsely. */
type Cells = readonly number[];

/**
 * What one request tells about which arm it came from when the canary has the fault, in nats:
 * I = w·KL(P1‖M) + (1 − w)·KL(P0‖M) with M = w·P1 + (1 − w)·P0. No test of level α can on average
 * decide in fewer than ln(1/α)/I requests.
 */
export function informationPerRequest(fault: Fault, weight: number): number {
  const errors = fault.errors?.(0) ?? 0;
  const business = fault.business ?? 0;
  return (
    information(bernoulli(BASE.errors), bernoulli(worsened(BASE.errors, errors)), weight) +
    BASE.runs *
      information(bernoulli(BASE.business), bernoulli(worsened(BASE.business, business)), weight) +
    information(latencyCells(NO_FAULT), latencyCells(fault), weight)
  );
}

const NO_FAULT: Fault = { name: 'none' };

const bernoulli = (rate: number): Cells => [rate, 1 - rate];
const worsened = (rate: number, extra: number) => 1 - (1 - rate) * (1 - extra);

function information(p0: Cells, p1: Cells, weight: number): number {
  let sum = 0;
  p0.forEach((b, i) => {
    const c = p1[i] as number;
    const mixed = weight * c + (1 - weight) * b;
    if (c > 0) sum += weight * c * Math.log(c / mixed);
    if (b > 0) sum += (1 - weight) * b * Math.log(b / mixed);
  });
  return sum;
}

/** Standardised log latency in cells of 0.01 standard deviations. */
function latencyCells(fault: Fault): Cells {
  const shift = Math.log(fault.slow?.(0) ?? 1) / SIGMA;
  const tail = fault.tail ?? 0;
  const centre = Math.log((3 * BASE.p99Ms) / BASE.medianMs) / SIGMA;
  const spread = 0.1 / SIGMA;
  const cdf = (z: number) =>
    (1 - tail) * normalCdf(z - shift) + tail * normalCdf((z - centre) / spread);
  return Array.from({ length: 1600 }, (_, i) => cdf((i - 799) / 100) - cdf((i - 800) / 100));
}
