import { BIN_COUNT } from '../src/index.ts';
import { BASE, type Fault } from './fault.ts';
import type { Random } from './random.ts';

/** How a world differs from the full one. */
export interface WorldOptions {
  /** Requests per second on average. */
  readonly rate: number;
  readonly fault: Fault;
  /** Incidents, drift, shared noise and the canary's cold start; off to compare with theory. */
  readonly isCalm?: boolean;
  /** Requests come in sessions that stay on one arm and sometimes fail as a whole. */
  readonly hasSessions?: boolean;
}

/** The requests of one second, column by column; the arrays are reused by the next second. */
export interface Second {
  count: number;
  /** 1 = canary. */
  readonly canary: Uint8Array;
  readonly failed: Uint8Array;
  readonly bin: Uint16Array;
  /** 0 = no run, 1 = run succeeded, 2 = run failed. */
  readonly run: Uint8Array;
  /** Session number, with sessions. */
  readonly session: Int32Array;
  /** Requests the fault harmed. */
  harmed: number;
  /** The canary had a share of the traffic. */
  hasCanary: boolean;
}

const MOST_PER_SECOND = 4096;
export const SIGMA = Math.log(BASE.p99Ms / BASE.medianMs) / 2.3263478740408408;
const LOG_MEDIAN = Math.log(BASE.medianMs);
const LOG_TAIL = Math.log(3 * BASE.p99Ms);
const LOG_LOWEST = Math.log(0.1);
const BIN_WIDTH = Math.log(1.02);
const SLOWEST_TENTH = 1.2815515655446004;
const AR = Math.exp(-1 / 30);
const COLD_SECONDS = 30;

interface Incident {
  readonly until: number;
  readonly errors: number;
  readonly slow: number;
}

interface Session {
  readonly id: number;
  readonly isCanary: boolean;
  readonly isBroken: boolean;
  left: number;
}

/**
 * One simulated service: Poisson arrivals with a diurnal drift, shared log-latency noise, about one
 * shared incident an hour, a canary that starts cold, and a fault. Both arms live through the same
 * second; routing is random with the given weight.
 */
export class World {
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #second: Second = {
    count: 0,
    canary: new Uint8Array(MOST_PER_SECOND),
    failed: new Uint8Array(MOST_PER_SECOND),
    bin: new Uint16Array(MOST_PER_SECOND),
    run: new Uint8Array(MOST_PER_SECOND),
    session: new Int32Array(MOST_PER_SECOND),
    harmed: 0,
    hasCanary: false,
  };
  readonly #phase: number;
  #noise = 0;
  #incident: Incident | undefined;
  #nextIncident: number;
  #at = 0;
  #sessions: Session[] = [];
  #sessionCount = 0;

  constructor(options: WorldOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#phase = random.between(0, 2 * Math.PI);
    this.#noise = 0.1 * random.normal();
    this.#nextIncident = random.exponential(3600);
  }

  /** The requests of the next second, `weight` of them to a canary of that age. */
  next(weight: number, ageSeconds: number): Second {
    const { rate, fault, isCalm } = this.#options;
    const random = this.#random;
    const second = this.#second;
    const at = this.#at++;
    const incident = isCalm ? undefined : this.#incidentAt(at);
    if (!isCalm) this.#noise = AR * this.#noise + Math.sqrt(1 - AR * AR) * 0.1 * random.normal();
    const drift = isCalm ? 1 : 1 + 0.3 * Math.sin((2 * Math.PI * at) / 86_400 + this.#phase);
    const shared = (isCalm ? 0 : this.#noise) + Math.log(incident?.slow ?? 1);
    const errors = BASE.errors + (incident?.errors ?? 0);
    const extra = fault.errors?.(ageSeconds) ?? 0;
    const cold = isCalm ? 1 : 1 + Math.max(0, 1 - ageSeconds / COLD_SECONDS);
    const slow = Math.log(cold) + Math.log(fault.slow?.(ageSeconds) ?? 1);
    const isSlowed = (fault.slow?.(ageSeconds) ?? 1) > 1.001;
    const tail = fault.tail ?? 0;
    const stretch = Math.log(fault.stretch ?? 1);
    const business = fault.business ?? 0;
    const count = this.#arrivals(rate * drift, weight);
    second.count = count;
    second.harmed = 0;
    second.hasCanary = weight > 0;
    for (let i = 0; i < count; i++) {
      const isCanary = this.#route(i, weight);
      let isHarmed = false;
      let failed = random.uniform() < errors || this.#isBroken(i);
      const z = random.normal();
      let logLatency = LOG_MEDIAN + shared + SIGMA * z;
      const kind = random.uniform();
      let run = kind < BASE.runs * BASE.business ? 2 : kind < BASE.runs ? 1 : 0;
      if (isCanary) {
        if (extra > 0 && random.uniform() < extra) failed = isHarmed = true;
        if (tail > 0 && random.uniform() < tail) {
          logLatency = LOG_TAIL + 0.1 * random.normal();
          isHarmed = true;
        } else logLatency += slow;
        if (z > SLOWEST_TENTH && stretch > 0) {
          logLatency += stretch;
          isHarmed = true;
        }
        if (isSlowed) isHarmed = true;
        if (business > 0 && run === 1 && random.uniform() < business) {
          run = 2;
          isHarmed = true;
        }
      }
      if (isHarmed) second.harmed++;
      second.canary[i] = isCanary ? 1 : 0;
      second.failed[i] = failed ? 1 : 0;
      const bin = Math.floor((logLatency - LOG_LOWEST) / BIN_WIDTH);
      second.bin[i] = bin < 0 ? 0 : bin < BIN_COUNT ? bin : BIN_COUNT - 1;
      second.run[i] = run;
    }
    return second;
  }

  #incidentAt(at: number): Incident | undefined {
    if (at >= this.#nextIncident) {
      const random = this.#random;
      this.#incident = {
        until: at + random.between(20, 120),
        errors: random.between(0.05, 0.3),
        slow: random.between(1.5, 3),
      };
      this.#nextIncident = this.#incident.until + random.exponential(3600);
    }
    if (this.#incident && at >= this.#incident.until) this.#incident = undefined;
    return this.#incident;
  }

  /** Without sessions a Poisson count; with them, the requests of the sessions under way. */
  #arrivals(rate: number, weight: number): number {
    const random = this.#random;
    if (!this.#options.hasSessions) return Math.min(MOST_PER_SECOND, random.poisson(rate));
    // A session sends about eight requests at about two a second; one in two thousand fails throughout.
    for (let born = random.poisson(rate / 8); born > 0; born--) {
      this.#sessions.push({
        id: this.#sessionCount++,
        isCanary: random.uniform() < weight,
        isBroken: random.uniform() < 1 / 2000,
        left: 1 + Math.floor(random.exponential(7.5)),
      });
    }
    let count = 0;
    for (const session of this.#sessions) {
      for (let burst = Math.min(session.left, random.poisson(2)); burst > 0; burst--) {
        if (count === MOST_PER_SECOND) break;
        session.left--;
        this.#second.session[count] = session.isBroken ? -1 - session.id : session.id;
        this.#second.canary[count++] = session.isCanary ? 1 : 0;
      }
    }
    this.#sessions = this.#sessions.filter(({ left }) => left > 0);
    return count;
  }

  #route(i: number, weight: number): boolean {
    if (this.#options.hasSessions) return this.#second.canary[i] === 1;
    return this.#random.uniform() < weight;
  }

  #isBroken(i: number): boolean {
    return this.#options.hasSessions === true && (this.#second.session[i] as number) < 0;
  }
}
