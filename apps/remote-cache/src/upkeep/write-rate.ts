/** How many uploads one principal may begin in a minute: a loop gone wrong must not fill the disk. */
export class WriteRate {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #windowStart = 0;

  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  admits(principal: string): boolean {
    const now = this.#now();
    if (now - this.#windowStart >= 60_000) {
      this.#windowStart = now;
      this.#counts.clear();
    }
    const count = (this.#counts.get(principal) ?? 0) + 1;
    this.#counts.set(principal, count);
    return count <= this.#perMinute;
  }
}
