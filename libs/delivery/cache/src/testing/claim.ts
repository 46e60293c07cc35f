/**
 * Assertions of a contract suite. The suite belongs to a library that knows neither Node nor a test
 * runner, so it brings its own two.
 */
export function claimTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

export function claimEqual(actual: unknown, expected: unknown): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`expected ${brief(right)}, got ${brief(left)}`);
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${value.join(' ')}`;
  return JSON.stringify(value) ?? String(value);
}

function brief(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
