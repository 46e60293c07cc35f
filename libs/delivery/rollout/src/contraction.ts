import { type SqlStatement, type SqlToken, readSql } from './sql-statements.ts';

/** A migration as the gate reads it. */
export interface MigrationText {
  /** Its name, e.g. `0003_drop_legacy`. */
  readonly tag: string;
  readonly sql: string;
}

/** A statement that takes something away that a revision of before may rely on. */
export interface Contraction {
  readonly statement: string;
  /** What it takes away, as the end of the sentence “it …”. */
  readonly reason: string;
}

/** What migrations do to the revisions that were there before them. */
export interface MigrationReading {
  readonly tag: string;
  readonly kind: 'expand' | 'contract';
  readonly contractions: readonly Contraction[];
  /**
   * The migration's own word, from a line `-- contract: safe since <tag>`: revisions that bring the
   * migration `<tag>` no longer need what it takes away.
   */
  readonly safeSince: string | undefined;
}

const SAFE_SINCE = /^contract: safe since (\S+)$/i;

/**
 * Reads migrations in the order in which they would be applied. A statement counts as a contraction
 * unless it is known to leave alone what is there: the old type of a column or the body of a DO block is
 * not to be known from here, and a false alarm costs a line of explanation, a missed one an outage.
 * Tables that the same migrations have made are theirs to change.
 */
export function readMigrationTexts(
  migrations: readonly MigrationText[],
): readonly MigrationReading[] {
  const ownTables = new Set<string>();
  return migrations.map(({ tag, sql }) => {
    const { statements, comments } = readSql(sql);
    const contractions = statements.flatMap((statement): Contraction[] => {
      const reason = contractionOf(statement, ownTables);
      return reason === undefined ? [] : [{ statement: statement.text, reason }];
    });
    return {
      tag,
      kind: contractions.length > 0 ? 'contract' : 'expand',
      contractions,
      safeSince: comments.map((comment) => SAFE_SINCE.exec(comment)?.[1]).find(Boolean),
    };
  });
}

/** Statements that neither change the schema nor take rows away. */
const HARMLESS = new Set(
  'INSERT UPDATE SELECT VALUES SET RESET SHOW COMMENT GRANT ANALYZE VACUUM REINDEX REFRESH BEGIN START COMMIT END LOCK COPY MERGE'.split(
    ' ',
  ),
);

function contractionOf(statement: SqlStatement, ownTables: Set<string>): string | undefined {
  const { tokens } = statement;
  const [first = '', second] = words(tokens);
  switch (first) {
    case 'CREATE':
      return createContraction(tokens, ownTables);
    case 'ALTER':
      return second === 'TABLE' || second === 'FOREIGN'
        ? alterTableContraction(tokens, ownTables)
        : alterOtherContraction(tokens);
    case 'DROP':
      return second === 'TABLE' && dropsOnly(tokens, ownTables)
        ? undefined
        : `drops ${objectKind(tokens)}`;
    case 'TRUNCATE':
    case 'DELETE':
      return 'removes rows';
    case 'REVOKE':
      return 'takes a right away';
    case 'WITH':
      return has(tokens, 'DELETE', 'FROM') ? 'removes rows' : undefined;
    default:
      return HARMLESS.has(first) ? undefined : 'cannot be judged by reading it';
  }
}

function createContraction(
  tokens: readonly SqlToken[],
  ownTables: Set<string>,
): string | undefined {
  const at = tokens.findIndex(isOneOf('TABLE', 'INDEX', 'TRIGGER', 'RULE', 'POLICY', 'AS', '('));
  if (isWord(tokens[at], 'TABLE')) {
    // A table that may have been there before keeps its readers and writers.
    if (!has(tokens, 'IF', 'NOT', 'EXISTS')) ownTables.add(nameAt(tokens, at + 1));
    return undefined;
  }
  if (isWord(tokens[at], 'INDEX')) {
    if (!tokens.slice(0, at).some(isOneOf('UNIQUE'))) return undefined;
    const on = tokens.findIndex(isOneOf('ON'));
    return ownTables.has(nameAt(tokens, skip(tokens, on + 1, 'ONLY')))
      ? undefined
      : 'refuses duplicates that were allowed';
  }
  if (tokens.slice(0, 4).some(isOneOf('TRIGGER', 'RULE', 'POLICY'))) {
    return 'changes what writing a row does';
  }
  return has(tokens, 'OR', 'REPLACE') ? 'replaces what others may be using' : undefined;
}

function alterTableContraction(
  tokens: readonly SqlToken[],
  ownTables: ReadonlySet<string>,
): string | undefined {
  let at = tokens.findIndex(isOneOf('TABLE')) + 1;
  at = skip(tokens, at, 'IF', 'EXISTS');
  at = skip(tokens, at, 'ONLY');
  if (ownTables.has(nameAt(tokens, at))) return undefined;
  at = afterName(tokens, at);
  if (tokens[at]?.text === '*') at += 1;
  return splitAtCommas(tokens.slice(at)).map(alterAction).find(Boolean);
}

/** What one action of ALTER TABLE takes away. */
function alterAction(action: readonly SqlToken[]): string | undefined {
  const [first = '', second, third] = words(action);
  switch (first) {
    case 'ADD':
      return addAction(action);
    case 'ALTER':
      return alterColumnAction(action);
    case 'DROP':
      return second === 'CONSTRAINT' ? 'drops a constraint' : 'drops a column';
    case 'RENAME':
      return 'renames what is there';
    case 'VALIDATE':
    case 'OWNER':
    case 'CLUSTER':
    case 'RESET':
    case 'ATTACH':
    case 'INHERIT':
      return undefined;
    case 'SET':
      return second === 'SCHEMA' ? 'moves the table' : undefined;
    case 'REPLICA':
      return undefined;
    default:
      return `does what cannot be judged: ${[first, second, third].filter(Boolean).join(' ')}`;
  }
}

const CONSTRAINTS = ['CONSTRAINT', 'CHECK', 'UNIQUE', 'FOREIGN', 'PRIMARY', 'EXCLUDE'];

function addAction(action: readonly SqlToken[]): string | undefined {
  if (action.slice(1, 2).some(isOneOf(...CONSTRAINTS))) return 'adds a constraint';
  const required = has(action, 'NOT', 'NULL') || has(action, 'PRIMARY', 'KEY');
  const filled = action.some(isOneOf('DEFAULT', 'GENERATED', 'SERIAL', 'BIGSERIAL', 'SMALLSERIAL'));
  return required && !filled
    ? 'adds a column that every row must have, without a default'
    : undefined;
}

function alterColumnAction(action: readonly SqlToken[]): string | undefined {
  const at = skip(action, 1, 'COLUMN') + 1;
  const rest = action.slice(at);
  const [first, second] = words(rest);
  if (first === 'TYPE' || (first === 'SET' && second === 'DATA')) return 'changes a type';
  if (has(rest, 'SET', 'NOT', 'NULL')) return 'forbids NULL';
  if (first === 'DROP' && second === 'DEFAULT') return 'drops a default';
  if (first === 'DROP' && second === 'NOT') return undefined;
  if (first === 'DROP') return 'drops what fills a column';
  if (first === 'SET' && second === 'GENERATED') return 'changes what fills a column';
  if (first === 'ADD') return 'changes what fills a column';
  return undefined;
}

function alterOtherContraction(tokens: readonly SqlToken[]): string | undefined {
  const [, second] = words(tokens);
  if (second === 'TYPE' && has(tokens, 'ADD', 'VALUE')) return undefined;
  if (has(tokens, 'RENAME')) return 'renames what is there';
  if (second === 'SEQUENCE' || second === 'INDEX' || second === 'DEFAULT') return undefined;
  return `changes ${objectKind(tokens)}`;
}

function dropsOnly(tokens: readonly SqlToken[], ownTables: ReadonlySet<string>): boolean {
  const at = skip(tokens, 2, 'IF', 'EXISTS');
  return splitAtCommas(tokens.slice(at)).every((name) => ownTables.has(nameAt(name, 0)));
}

function objectKind(tokens: readonly SqlToken[]): string {
  const kind = words(tokens).slice(1, 3);
  const noun = kind[0] === 'MATERIALIZED' ? kind.join(' ') : (kind[0] ?? 'something');
  return `${/^[AEIOU]/.test(noun) ? 'an' : 'a'} ${noun.toLowerCase()}`;
}

/** A table's name from `at` on: `public.cards`, `"cards"` and `Cards` are all `cards`. */
function nameAt(tokens: readonly SqlToken[], at: number): string {
  const parts = tokens
    .slice(at, afterName(tokens, at))
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : text));
  return parts.at(0) === 'public' && parts.length > 1 ? parts.slice(1).join('.') : parts.join('.');
}

function afterName(tokens: readonly SqlToken[], at: number): number {
  let end = at + 1;
  while (tokens[end]?.text === '.' && tokens[end]?.kind === 'symbol') end += 2;
  return end;
}

/** The place after `expected`, if that stands there. */
function skip(tokens: readonly SqlToken[], at: number, ...expected: readonly string[]): number {
  return expected.every((word, i) => isWord(tokens[at + i], word)) ? at + expected.length : at;
}

function splitAtCommas(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  const parts: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    if (token.kind === 'symbol' && token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function words(tokens: readonly SqlToken[]): readonly string[] {
  return tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}

function isOneOf(...texts: readonly string[]): (token: SqlToken) => boolean {
  return ({ kind, text }) => (kind === 'word' || kind === 'symbol') && texts.includes(text);
}

/** Whether the words stand side by side somewhere. */
function has(tokens: readonly SqlToken[], ...sequence: readonly string[]): boolean {
  return tokens.some((_, i) => sequence.every((word, j) => isWord(tokens[i + j], word)));
}
