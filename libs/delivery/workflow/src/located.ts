import type { TemplateToken as Token } from '@actions/workflow-parser/templates/tokens/template-token';
import { load } from './official/load.cjs';
import type { Json } from './json.ts';

const { isBasicExpression, isBoolean, isMapping, isNumber, isSequence, isString } = load('parser');

/** Where a value stands in its file; lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One value of a workflow file, with its place; expressions are not evaluated yet. */
export type Located =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string; at: Position }
  | {
      readonly kind: 'expression';
      /** The text between the braces; for text around several expressions, a `format(...)`. */
      readonly expression: string;
      /** Each expression as it was written, with its own place. */
      readonly parts: readonly { readonly expression: string; readonly at: Position }[];
      readonly at: Position;
    }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly at: Position }
  | { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly at: Position };

/** One key of a map; `key` has its own place because findings about a key point at the key. */
export interface Entry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: Located;
}

const position = (token: Token): Position => ({
  line: token.range?.start.line ?? 1,
  column: token.range?.start.column ?? 1,
});

export function fromToken(token: Token): Located {
  const at = position(token);
  if (isMapping(token)) {
    const entries: Entry[] = [];
    for (const { key, value } of token) {
      entries.push({ key: key.toString(), keyAt: position(key), value: fromToken(value) });
    }
    return { kind: 'map', entries, at };
  }
  if (isSequence(token)) {
    const items: Located[] = [];
    for (const item of token) items.push(fromToken(item));
    return { kind: 'list', items, at };
  }
  if (isBasicExpression(token)) {
    const originals = token.originalExpressions ?? [token];
    const parts = originals.map((part) => ({ expression: part.expression, at: position(part) }));
    return { kind: 'expression', expression: token.expression, parts, at };
  }
  if (isString(token) || isNumber(token) || isBoolean(token)) {
    return { kind: 'literal', value: token.value, at };
  }
  return { kind: 'literal', value: null, at };
}

export function entry(value: Located | undefined, key: string): Located | undefined {
  return entryOf(value, key)?.value;
}

export function entryOf(value: Located | undefined, key: string): Entry | undefined {
  return value?.kind === 'map'
    ? value.entries.find((candidate) => candidate.key === key)
    : undefined;
}

export function entriesOf(value: Located | undefined): readonly Entry[] {
  return value?.kind === 'map' ? value.entries : [];
}

/** The literal text of a value; an expression has none until it is evaluated. */
export function literalText(value: Located | undefined): string | undefined {
  return value?.kind === 'literal' && value.value !== null ? String(value.value) : undefined;
}

/** One string or a list of strings, as `needs`, `branches` and `types` are written. */
export function textList(value: Located | undefined): readonly { text: string; at: Position }[] {
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
  return items.flatMap((item) => {
    const text = literalText(item);
    return text === undefined ? [] : [{ text, at: item.at }];
  });
}

/** Every expression inside a value, at any depth. */
export function* expressionsIn(
  value: Located | undefined,
): Generator<{ readonly expression: string; readonly at: Position }> {
  if (value === undefined) return;
  if (value.kind === 'expression') yield* value.parts;
  if (value.kind === 'list') for (const item of value.items) yield* expressionsIn(item);
  if (value.kind === 'map') for (const item of value.entries) yield* expressionsIn(item.value);
}

/** A literal tree as JSON; `undefined` when an expression stands anywhere in it. */
export function literalJson(value: Located): Json | undefined {
  switch (value.kind) {
    case 'literal':
      return value.value;
    case 'expression':
      return undefined;
    case 'list': {
      const items: Json[] = [];
      for (const item of value.items) {
        const json = literalJson(item);
        if (json === undefined) return undefined;
        items.push(json);
      }
      return items;
    }
    case 'map': {
      const result: Record<string, Json> = {};
      for (const item of value.entries) {
        const json = literalJson(item.value);
        if (json === undefined) return undefined;
        result[item.key] = json;
      }
      return result;
    }
  }
}
