/** One token of SQL as far as a reader of statements needs it. */
export interface SqlToken {
  /** A `word` is a keyword or an unquoted name, in capitals; a `name` was quoted and keeps its case. */
  readonly kind: 'word' | 'name' | 'literal' | 'symbol';
  readonly text: string;
}

/** One statement: its tokens, and itself as it was written, without comments, in one line. */
export interface SqlStatement {
  readonly tokens: readonly SqlToken[];
  readonly text: string;
}

/** What stands in an SQL text. */
export interface SqlText {
  readonly statements: readonly SqlStatement[];
  /** Line comments without their dashes: a migration can say something about itself. */
  readonly comments: readonly string[];
}

/**
 * PostgreSQL's lexical rules, in the order in which they are tried: comments, strings of every kind,
 * quoted names, words, numbers, and any other character by itself. Nested block comments are the one
 * thing that is not regular; they are read by hand.
 */
const TOKEN = new RegExp(
  [
    /--(?<comment>[^\n]*)/,
    /(?<block>\/\*)/,
    /(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')/,
    /(?<dollar>\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\k<tag>\$)/,
    /(?:[uU]&)?"(?<name>(?:[^"]|"")*)"/,
    /(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)/,
    /(?<number>\d[\w.]*)/,
    /(?<space>\s+)/,
    /(?<symbol>[\s\S])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** Splits SQL into statements. What stands in comments and strings is never taken for a statement. */
export function readSql(sql: string): SqlText {
  const statements: SqlStatement[] = [];
  const comments: string[] = [];
  let tokens: SqlToken[] = [];
  let text = '';
  const finish = () => {
    if (tokens.length > 0) statements.push({ tokens, text: text.trim().replace(/\s+/g, ' ') });
    tokens = [];
    text = '';
  };
  const lexer = new RegExp(TOKEN);
  let match: RegExpExecArray | null;
  while ((match = lexer.exec(sql))) {
    const { comment, block, name, word, number, space, symbol } = match.groups ?? {};
    if (block !== undefined) {
      lexer.lastIndex = endOfBlockComment(sql, match.index);
      text += ' ';
    } else if (comment !== undefined) {
      comments.push(comment.trim());
      text += ' ';
    } else if (symbol === ';') {
      finish();
    } else {
      text += match[0];
      if (name !== undefined) tokens.push({ kind: 'name', text: name.replaceAll('""', '"') });
      else if (word !== undefined) tokens.push({ kind: 'word', text: word.toUpperCase() });
      else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
      else if (space === undefined) tokens.push({ kind: 'literal', text: number ?? match[0] });
    }
  }
  finish();
  return { statements, comments };
}

/** Block comments nest in PostgreSQL; one that is never closed reaches to the end. */
function endOfBlockComment(sql: string, start: number): number {
  const border = /\/\*|\*\//g;
  border.lastIndex = start;
  let depth = 0;
  let match: RegExpExecArray | null;
  while ((match = border.exec(sql))) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return border.lastIndex;
  }
  return sql.length;
}
