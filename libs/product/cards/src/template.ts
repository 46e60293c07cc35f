import { cardLimits } from './limits.ts';

/** One piece of a template: text that stands as it is, or a place that a value fills. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string };

/** A template that parsed: its pieces in order, and each variable once, in order of first use. */
export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly variables: readonly string[];
}

/** Where something stands in a template: a 0-based UTF-16 offset, a 1-based line and column. */
export interface TemplatePosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export type TemplateProblemCode =
  | 'TEMPLATE_TOO_LONG'
  | 'TEMPLATE_TOO_MANY_VARIABLES'
  | 'VARIABLE_UNCLOSED'
  | 'VARIABLE_EMPTY'
  | 'VARIABLE_NAME_ILLEGAL'
  | 'VARIABLE_NAME_TOO_LONG';

/** One thing wrong with a template, for the person who writes it. */
export interface TemplateProblem {
  readonly code: TemplateProblemCode;
  /** A sentence without the position. */
  readonly message: string;
  readonly position: TemplatePosition;
}

export type ParsedTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

/** More problems than this help nobody; the first ones are reported. */
const reportedProblems = 20;

const legalName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads a template.
 *
 * `{{ name }}` is a variable: white space around the name is free, and of a longer run of braces the
 * last two open it, so `{{{ name }}}` is a value between single braces. A backslash makes a run of
 * braces plain text (`\{{` writes `{{`), and two backslashes before a run write one backslash.
 * `}}` with nothing open is plain text. Every character is visited a bounded number of times.
 */
export function parseTemplate(source: string): ParsedTemplate {
  if (source.length > cardLimits.templateLength) {
    return { ok: false, problems: [tooLong(source.length)] };
  }
  const draft = new Draft(source);
  let at = 0;
  for (let run = nextRun(source, at); run !== undefined; run = nextRun(source, at)) {
    draft.text(source.slice(at, run.backslashesAt) + '\\'.repeat(run.backslashes >> 1));
    if (run.backslashes % 2 === 1) {
      draft.text(source.slice(run.bracesAt, run.end));
      at = run.end;
    } else {
      draft.text(source.slice(run.bracesAt, run.end - 2));
      at = draft.variable(run.end);
    }
  }
  draft.text(source.slice(at));
  return draft.finish();
}

/** A run of at least two `{`, with the backslashes right before it. */
interface BraceRun {
  readonly backslashesAt: number;
  readonly backslashes: number;
  readonly bracesAt: number;
  readonly end: number;
}

function nextRun(source: string, from: number): BraceRun | undefined {
  const bracesAt = source.indexOf('{{', from);
  if (bracesAt === -1) return undefined;
  let backslashesAt = bracesAt;
  while (backslashesAt > from && source[backslashesAt - 1] === '\\') backslashesAt -= 1;
  let end = bracesAt + 2;
  while (source[end] === '{') end += 1;
  return { backslashesAt, backslashes: bracesAt - backslashesAt, bracesAt, end };
}

/** What the reader has gathered so far. */
class Draft {
  readonly #source: string;
  readonly #parts: TemplatePart[] = [];
  readonly #variables = new Set<string>();
  readonly #problems: TemplateProblem[] = [];
  #pendingText = '';
  /** The next `}}` at or after the last asked offset, kept so that the search never starts over. */
  #closeAt = 0;
  #line = 1;
  #lineStart = 0;
  #scannedTo = 0;

  constructor(source: string) {
    this.#source = source;
  }

  text(text: string): void {
    this.#pendingText += text;
  }

  /** Reads from just behind an opening `{{`; returns where reading goes on. */
  variable(nameAt: number): number {
    const openAt = nameAt - 2;
    const closeAt = this.#closeFrom(nameAt);
    const nextOpenAt = this.#source.indexOf('{{', nameAt);
    if (closeAt === -1 || (nextOpenAt !== -1 && nextOpenAt < closeAt)) {
      this.#report('VARIABLE_UNCLOSED', openAt, '"{{" is never closed by "}}"');
      return nameAt;
    }
    this.#use(this.#source.slice(nameAt, closeAt).trim(), openAt);
    return closeAt + 2;
  }

  finish(): ParsedTemplate {
    this.#flushText();
    if (this.#problems.length > 0) return { ok: false, problems: this.#problems };
    return { ok: true, template: { parts: this.#parts, variables: [...this.#variables] } };
  }

  #use(name: string, openAt: number): void {
    const problem = nameProblem(name);
    if (problem !== undefined) return this.#report(problem.code, openAt, problem.message);
    this.#flushText();
    this.#parts.push({ kind: 'variable', name });
    if (this.#variables.has(name)) return;
    this.#variables.add(name);
    if (this.#variables.size === cardLimits.variableCount + 1) {
      const message = `a template has at most ${cardLimits.variableCount} variables`;
      this.#report('TEMPLATE_TOO_MANY_VARIABLES', openAt, message);
    }
  }

  #flushText(): void {
    if (this.#pendingText === '') return;
    this.#parts.push({ kind: 'text', text: this.#pendingText });
    this.#pendingText = '';
  }

  #closeFrom(offset: number): number {
    if (this.#closeAt !== -1 && this.#closeAt < offset) {
      this.#closeAt = this.#source.indexOf('}}', offset);
    }
    return this.#closeAt;
  }

  #report(code: TemplateProblemCode, offset: number, message: string): void {
    if (this.#problems.length === reportedProblems) return;
    this.#problems.push({ code, message, position: this.#positionOf(offset) });
  }

  /** Offsets come in rising order, so lines are counted once. */
  #positionOf(offset: number): TemplatePosition {
    for (; this.#scannedTo < offset; this.#scannedTo += 1) {
      if (this.#source[this.#scannedTo] !== '\n') continue;
      this.#line += 1;
      this.#lineStart = this.#scannedTo + 1;
    }
    return { offset, line: this.#line, column: offset - this.#lineStart + 1 };
  }
}

function nameProblem(name: string): { code: TemplateProblemCode; message: string } | undefined {
  if (name === '') {
    return { code: 'VARIABLE_EMPTY', message: 'a variable needs a name between "{{" and "}}"' };
  }
  if (name.length > cardLimits.variableNameLength) {
    const message = `a variable name has at most ${cardLimits.variableNameLength} characters`;
    return { code: 'VARIABLE_NAME_TOO_LONG', message };
  }
  if (legalName.test(name)) return undefined;
  const message =
    `"${name}" is not a variable name: use letters, digits and "_", not starting with a digit ` +
    '(for plain braces write "\\{{")';
  return { code: 'VARIABLE_NAME_ILLEGAL', message };
}

function tooLong(length: number): TemplateProblem {
  return {
    code: 'TEMPLATE_TOO_LONG',
    message: `a template has at most ${cardLimits.templateLength} characters, this one has ${length}`,
    position: { offset: 0, line: 1, column: 1 },
  };
}
