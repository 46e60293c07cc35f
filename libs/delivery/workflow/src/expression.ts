import type { data as dataTypes } from '@actions/expressions';
import { load } from './official/load.cjs';
import { type Json, isJsonObject } from './json.ts';
import type { Located } from './located.ts';
import { WorkflowError } from './workflow-error.ts';

const { ast, expressions, TokenType } = load('parser');
const { data, Evaluator, Lexer, Parser } = expressions;

export type Expr = InstanceType<typeof expressions.Expr>;
type Data = dataTypes.ExpressionData;

/** Every context a workflow can name; which may stand where is the parser's business. */
export const contextNames = [
  'github',
  'env',
  'vars',
  'job',
  'jobs',
  'steps',
  'runner',
  'secrets',
  'strategy',
  'matrix',
  'needs',
  'inputs',
] as const;

const statusNames = ['success', 'failure', 'always', 'cancelled'] as const;
const functionShapes = [
  ...statusNames.map((name) => ({ name, minArgs: 0, maxArgs: 0 })),
  { name: 'hashFiles', minArgs: 1, maxArgs: 255 },
];

/** What an expression sees: contexts by name, and the functions that depend on the run so far. */
export interface Scope {
  readonly contexts: Readonly<Partial<Record<(typeof contextNames)[number], Json>>>;
  readonly status?: {
    readonly success: boolean;
    readonly failure: boolean;
    readonly cancelled: boolean;
  };
  readonly hashFiles?: (patterns: readonly string[]) => string;
}

const parsed = new Map<string, Expr>();

/** The longest expression GitHub accepts. */
const maxExpressionLength = 21_000;

export function parseExpression(text: string): Expr {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (text.length > maxExpressionLength) {
    throw new WorkflowError(
      'EXPRESSION_INVALID',
      `an expression of ${text.length} characters; ${maxExpressionLength} are allowed`,
      { next: 'move the logic into a script' },
    );
  }
  try {
    const tree = new Parser(
      new Lexer(text).lex().tokens,
      [...contextNames],
      functionShapes,
    ).parse();
    if (tree === undefined) throw new Error('the expression is empty');
    parsed.set(text, tree);
    return tree;
  } catch (cause) {
    throw new WorkflowError('EXPRESSION_INVALID', `\${{ ${shorten(text)} }}: ${message(cause)}`, {
      cause,
      next: 'check the expression against the documented syntax',
    });
  }
}

export function evaluate(text: string, scope: Scope): Json {
  return evaluateTree(parseExpression(text), text, scope);
}

export function evaluateTree(tree: Expr, text: string, scope: Scope): Json {
  const contexts = new data.Dictionary();
  for (const name of contextNames) {
    contexts.add(name, toData(scope.contexts[name] ?? {}));
  }
  try {
    return fromData(new Evaluator(tree, contexts, functionsOf(scope)).evaluate());
  } catch (cause) {
    throw new WorkflowError('EXPRESSION_FAILED', `\${{ ${shorten(text)} }}: ${message(cause)}`, {
      cause,
      next: 'check the values the expression is given',
    });
  }
}

/** GitHub's truth: false, 0, -0, NaN, '' and null are false; everything else is true. */
export function isTruthy(value: Json): boolean {
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  return value !== false && value !== null && value !== '';
}

/** How a value reads inside text: null is empty, numbers have no trailing zeros. */
export function asText(value: Json): string {
  if (value === null) return '';
  if (Array.isArray(value)) return 'Array';
  if (isJsonObject(value)) return 'Object';
  return String(value);
}

/** Evaluates every expression inside a value. */
export function resolve(value: Located, scope: Scope): Json {
  switch (value.kind) {
    case 'literal':
      return value.value;
    case 'expression':
      return evaluate(value.expression, scope);
    case 'list':
      return value.items.map((item) => resolve(item, scope));
    case 'map': {
      const result: Record<string, Json> = {};
      for (const item of value.entries) result[item.key] = resolve(item.value, scope);
      return result;
    }
  }
}

export function resolveText(value: Located, scope: Scope): string {
  return asText(resolve(value, scope));
}

/** A map of texts, as `env`, `outputs` and `with` are. */
export function resolveTexts(value: Located | undefined, scope: Scope): Record<string, string> {
  if (value === undefined) return {};
  const resolved = resolve(value, scope);
  if (!isJsonObject(resolved)) return {};
  return Object.fromEntries(Object.entries(resolved).map(([key, item]) => [key, asText(item)]));
}

/** The paths of contexts an expression reads, such as `['needs', 'plan', 'outputs', 'matrix']`. */
export function references(tree: Expr): string[][] {
  const found: string[][] = [];
  const visit = (node: Expr): void => {
    const path = contextPath(node);
    if (path !== undefined) {
      found.push(path);
      return;
    }
    children(node).forEach(visit);
  };
  visit(tree);
  return found;
}

/** Like {@link references}, without what only decides: comparisons, tests and predicates. */
export function flowingReferences(tree: Expr): string[][] {
  const path = contextPath(tree);
  if (path !== undefined) return [path];
  if (tree instanceof ast.Binary || tree instanceof ast.Unary) return [];
  if (tree instanceof ast.FunctionCall) {
    const name = tree.functionName.lexeme.toLowerCase();
    if (['contains', 'startswith', 'endswith', 'hashfiles'].includes(name)) return [];
    const last = tree.args.length - 1;
    const values = tree.args.filter((_, i) => name !== 'case' || i % 2 === 1 || i === last);
    return values.flatMap(flowingReferences);
  }
  if (tree instanceof ast.Logical && tree.operator.type === TokenType.AND) {
    // A false operand is empty or false; only the last one can bring text.
    return tree.args.slice(-1).flatMap(flowingReferences);
  }
  return children(tree).flatMap(flowingReferences);
}

/** The path of one context access; `*` where the index is not a literal. */
export function contextPath(node: Expr): string[] | undefined {
  if (node instanceof ast.Grouping) return contextPath(node.group);
  if (node instanceof ast.ContextAccess) return [node.name.lexeme.toLowerCase()];
  if (!(node instanceof ast.IndexAccess)) return undefined;
  const base = contextPath(node.expr);
  if (base === undefined) return undefined;
  const index = node.index;
  return [...base, index instanceof ast.Literal ? index.literal.coerceString() : '*'];
}

export function children(node: Expr): Expr[] {
  if (node instanceof ast.Unary) return [node.expr];
  if (node instanceof ast.Binary) return [node.left, node.right];
  if (node instanceof ast.Logical || node instanceof ast.FunctionCall) return node.args;
  if (node instanceof ast.Grouping) return [node.group];
  if (node instanceof ast.IndexAccess) return [node.expr, node.index];
  return [];
}

/** The names of the functions an expression calls, in lower case. */
export function calls(tree: Expr): string[] {
  const own = tree instanceof ast.FunctionCall ? [tree.functionName.lexeme.toLowerCase()] : [];
  return [...own, ...children(tree).flatMap(calls)];
}

/** An expression as one would write it, for messages. */
export function print(node: Expr): string {
  if (node instanceof ast.Literal) {
    const { literal } = node;
    return literal.kind === data.Kind.String
      ? `'${literal.coerceString().replaceAll("'", "''")}'`
      : literal.kind === data.Kind.Null
        ? 'null'
        : literal.coerceString();
  }
  if (node instanceof ast.Unary) return `!${print(node.expr)}`;
  if (node instanceof ast.Binary) {
    return `${print(node.left)} ${node.operator.lexeme} ${print(node.right)}`;
  }
  if (node instanceof ast.Logical) return node.args.map(print).join(` ${node.operator.lexeme} `);
  if (node instanceof ast.Grouping) return `(${print(node.group)})`;
  if (node instanceof ast.FunctionCall) {
    return `${node.functionName.lexeme}(${node.args.map(print).join(', ')})`;
  }
  if (node instanceof ast.ContextAccess) return node.name.lexeme;
  if (node instanceof ast.IndexAccess) {
    if (node.index instanceof ast.Star) return `${print(node.expr)}.*`;
    const literal = node.index instanceof ast.Literal ? node.index.literal.coerceString() : '';
    return /^[A-Za-z_][\w-]*$/.test(literal)
      ? `${print(node.expr)}.${literal}`
      : `${print(node.expr)}[${print(node.index)}]`;
  }
  return '*';
}

/**
 * Why a condition is false: its first false operand with the values it compared, such as
 * `github.ref == 'refs/heads/main' (github.ref is 'refs/tags/v1')`.
 */
export function explainFalse(text: string, scope: Scope): string {
  const blame = (node: Expr): Expr => {
    if (node instanceof ast.Grouping) return blame(node.group);
    if (!(node instanceof ast.Logical) || node.operator.type !== TokenType.AND) return node;
    const falsy = node.args.find((arg) => !isTruthy(evaluateTree(arg, text, scope)));
    return falsy === undefined ? node : blame(falsy);
  };
  const culprit = blame(parseExpression(text));
  const values = [...new Map(accesses(culprit).map((node) => [print(node), node]))]
    .slice(0, 3)
    .map(([name, node]) => `${name} is ${show(evaluateTree(node, text, scope))}`);
  return values.length === 0 ? print(culprit) : `${print(culprit)} (${values.join(', ')})`;
}

function accesses(node: Expr): Expr[] {
  return contextPath(node) === undefined ? children(node).flatMap(accesses) : [node];
}

export function show(value: Json): string {
  if (typeof value === 'string') return `'${shorten(value)}'`;
  return shorten(JSON.stringify(value));
}

function functionsOf(scope: Scope) {
  const bool = (name: string, value: () => boolean) =>
    [name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value()) }] as const;
  const status = scope.status ?? { success: true, failure: false, cancelled: false };
  return new Map<string, ReturnType<typeof bool>[1] | ReturnType<typeof hashFiles>>([
    bool('success', () => status.success),
    bool('failure', () => status.failure),
    bool('cancelled', () => status.cancelled),
    bool('always', () => true),
    ['hashfiles', hashFiles(scope)],
  ]);
}

function hashFiles(scope: Scope) {
  return {
    name: 'hashFiles',
    minArgs: 1,
    maxArgs: 255,
    call: (...args: Data[]) =>
      new data.StringData(scope.hashFiles?.(args.map((arg) => arg.coerceString())) ?? ''),
  };
}

function toData(value: Json): Data {
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  if (isJsonObject(value)) {
    const dictionary = new data.Dictionary();
    for (const [key, item] of Object.entries(value)) dictionary.add(key, toData(item));
    return dictionary;
  }
  return scalar(value as null | boolean | number | string);
}

function scalar(value: null | boolean | number | string) {
  if (value === null) return new data.Null();
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  return new data.StringData(value);
}

function fromData(value: Data): Json {
  switch (value.kind) {
    case data.Kind.Array:
      return value.values().map(fromData);
    case data.Kind.Dictionary:
      return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
    case data.Kind.Boolean:
    case data.Kind.Number:
    case data.Kind.String:
      return value.value;
    case data.Kind.Null:
      return null;
  }
}

const message = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text);
