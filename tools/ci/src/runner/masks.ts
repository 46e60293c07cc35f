/** Values that must not appear in logs, outputs or summaries. */
export class Masks {
  /** The longest first: one value may be part of another. */
  #values: readonly string[] = [];

  add(value: string): void {
    // Each line of a secret of several lines is one: logs come line by line.
    const added = [value, ...value.split(/\r?\n/)].filter((line) => line.trim() !== '');
    this.#values = [...new Set([...this.#values, ...added])].sort((a, b) => b.length - a.length);
  }

  apply(text: string): string {
    let masked = text;
    for (const value of this.#values) masked = masked.replaceAll(value, '***');
    return masked;
  }

  isIn(text: string): boolean {
    return this.#values.some((value) => text.includes(value));
  }
}
