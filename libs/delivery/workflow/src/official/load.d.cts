import type * as parser from '@actions/workflow-parser' with { 'resolution-mode': 'import' };
import type * as ifCondition from '@actions/workflow-parser/model/converter/if-condition' with {
  'resolution-mode': 'import',
};
import type * as actionParser from '@actions/workflow-parser/actions/action-parser' with {
  'resolution-mode': 'import',
};
import type * as expressions from '@actions/expressions' with { 'resolution-mode': 'import' };
import type * as ast from '@actions/expressions/ast' with { 'resolution-mode': 'import' };
import type * as lexer from '@actions/expressions/lexer' with { 'resolution-mode': 'import' };
import type * as yaml from 'yaml' with { 'resolution-mode': 'import' };

/** The parser and the expression engine; one bundle, so that their classes are the same. */
export function load(entry: 'parser'): typeof parser &
  Pick<typeof ifCondition, 'ensureStatusFunction'> &
  Pick<typeof actionParser, 'parseAction'> & {
    readonly expressions: typeof expressions;
    readonly ast: typeof ast;
    readonly TokenType: typeof lexer.TokenType;
    readonly yaml: typeof yaml;
  };
/** Typed by its one user: its own types need the language server's, which domain code never sees. */
export function load(entry: 'languageservice'): unknown;
