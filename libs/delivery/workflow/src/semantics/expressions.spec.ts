import { evaluate, type Scope } from '../expression.ts';
import type { Json } from '../json.ts';

const scope: Scope = {
  contexts: {
    github: { ref: 'refs/heads/main', event_name: 'push', event: { issue: null, number: 7 } },
    env: { NAME: 'Mona' },
    matrix: { node: 20, os: 'linux', list: [1, 2] },
    steps: {
      a: { outputs: { size: '3' }, conclusion: 'success' },
      b: { outputs: { size: '5' }, conclusion: 'failure' },
    },
    needs: { build: { result: 'success', outputs: { json: '{"include":[{"x":1}]}' } } },
    inputs: { deep: [{ n: [{ v: 1 }, { v: 2 }] }, { n: [{ v: 3 }] }], flag: false },
  },
};

type Case = readonly [expression: string, expected: Json];

/** Each heading is the documented rule ("Evaluate expressions in workflows and actions"). */
const rules: Record<string, readonly Case[]> = {
  'Literals: null, booleans, numbers in decimal, hexadecimal and exponential form, strings': [
    ['null', null],
    ['false', false],
    ['true', true],
    ['711', 711],
    ['-9.2', -9.2],
    ['0xff', 255],
    ['-2.99e-2', -0.0299],
    ["'Mona the Octocat'", 'Mona the Octocat'],
  ],
  'Literals: a single quote inside a string is written twice': [
    ["'It''s open source!'", "It's open source!"],
  ],
  'Literals: in conditionals false, 0, -0, "" and null are falsy': [
    ["0 && 'x' || 'falsy'", 'falsy'],
    ["-0 && 'x' || 'falsy'", 'falsy'],
    ["'' && 'x' || 'falsy'", 'falsy'],
    ["null && 'x' || 'falsy'", 'falsy'],
    ["'false' && 'truthy' || 'x'", 'truthy'],
    ["matrix.list && 'truthy' || 'x'", 'truthy'],
  ],
  'Operators: comparison is loose; types that differ are coerced to numbers': [
    ["1 == '1'", true],
    ['null == 0', true],
    ["'' == 0", true],
    ['true == 1', true],
    ["'0x10' == 16", true],
    ["'abc' == 0", false],
    ["null == ''", true],
    ["'true' == true", false],
  ],
  'Operators: NaN in a relational comparison is always false': [
    ["'abc' > 1", false],
    ["'abc' < 1", false],
    ["'abc' >= 'abc'", true],
  ],
  'Operators: GitHub ignores case when comparing strings': [
    ["'Main' == 'mAIN'", true],
    ["'a' < 'B'", true],
    ["github.EVENT_NAME == 'PUSH'", true],
  ],
  'Operators: objects and arrays are only equal when they are the same instance': [
    ['matrix.list == matrix.list', true],
    ["fromJSON('[1]') == fromJSON('[1]')", false],
  ],
  'Operators: && and || return an operand, not a boolean': [
    ["github.ref && 'yes'", 'yes'],
    ["'' || 'default'", 'default'],
    ["inputs.flag || 'fallback'", 'fallback'],
  ],
  'Operators: precedence is (), then !, then < <= > >=, then == !=, then &&, then ||': [
    ['true || false && false', true],
    ['(true || false) && false', false],
    ['!true == false', true],
    ['1 < 2 == true', true],
  ],
  'Contexts: dereferencing a nonexistent property gives null, an empty string in text': [
    ['github.nothing', null],
    ['github.event.issue.title', null],
    ['github.nothing.further.down', null],
    ["format('[{0}]', github.nothing)", '[]'],
  ],
  'Contexts: index syntax and property dereference are the same': [
    ["github['ref']", 'refs/heads/main'],
    ['matrix.list[1]', 2],
    ['matrix.list[9]', null],
  ],
  'Object filters: * selects matching items of a collection': [
    ['steps.*.outputs.size', ['3', '5']],
    ['steps.*.outputs.nothing', []],
    ['inputs.deep.*.n', [[{ v: 1 }, { v: 2 }], [{ v: 3 }]]],
    ['inputs.deep.*.n.*.v', [1, 2, 3]],
    ["contains(steps.*.conclusion, 'failure')", true],
    ["join(steps.*.outputs.size, '+')", '3+5'],
    ['github.ref.*', []],
  ],
  'contains: substrings ignoring case; elements of arrays': [
    ["contains('Hello world', 'LLO')", true],
    ["contains('Hello world', 'x')", false],
    ['contains(fromJSON(\'["push", "pull_request"]\'), github.event_name)', true],
    ["contains(fromJSON('[1, 2]'), '2')", true],
    ['contains(github.nothing, 1)', false],
  ],
  'startsWith and endsWith ignore case': [
    ["startsWith('Hello world', 'HE')", true],
    ["startsWith(github.ref, 'refs/tags/')", false],
    ["endsWith('Hello world', 'LD')", true],
    ["endsWith('Hello', 'Hello world')", false],
    ["startsWith('anything', '')", true],
  ],
  'format: placeholders are replaced, doubled braces escape': [
    ["format('Hello {0} {1} {2}', 'Mona', 'the', 'Octocat')", 'Hello Mona the Octocat'],
    ["format('{{Hello {0}}}', env.NAME)", '{Hello Mona}'],
    ["format('{0}{0}', 1.50)", '1.51.5'],
    ["format('{0}', true)", 'true'],
    ["format('{0}', null)", ''],
    ["format('{0}', matrix.list)", 'Array'],
    ["format('{0}', env)", 'Object'],
  ],
  'join: arrays with a separator, a comma by default; a text as it is': [
    ["join(matrix.list, ', ')", '1, 2'],
    ['join(matrix.list)', '1,2'],
    ["join('text', ', ')", 'text'],
    ["join(fromJSON('[]'))", ''],
  ],
  'toJSON: pretty-printed JSON': [
    ['toJSON(matrix.list)', '[\n  1,\n  2\n]'],
    ["toJSON('a')", '"a"'],
    ['toJSON(null)', 'null'],
  ],
  'fromJSON: objects and typed values': [
    ["fromJSON('true')", true],
    ["fromJSON('30')", 30],
    ["fromJSON('null')", null],
    ['fromJSON(\'"text"\')', 'text'],
    ["fromJSON('[]')", []],
    ['fromJSON(needs.build.outputs.json)', { include: [{ x: 1 }] }],
    ['fromJSON(\'{"a":{"b":2}}\').a.b', 2],
    ["fromJSON('false') || 'was false'", 'was false'],
  ],
  'hashFiles: an empty string when no file matches': [
    ["hashFiles('**/nothing')", ''],
    ["hashFiles('a', '!b')", ''],
  ],
  'case: the value of the first true predicate, else the default': [
    ["case(github.event_name == 'push', 'p', 'other')", 'p'],
    ['case(false, 1, false, 2, 3)', 3],
  ],
  'Status functions: success, always, failure and cancelled by the run so far': [
    ['success()', true],
    ['always()', true],
    ['failure()', false],
    ['cancelled()', false],
    ['!cancelled()', true],
  ],
};

describe.each(Object.entries(rules))('%s', (_rule, cases) => {
  it.each(cases)('%s -> %j', (expression, expected) => {
    expect(evaluate(expression, scope)).toEqual(expected);
  });
});

describe('what GitHub refuses', () => {
  it.each([
    ['fromJSON: the text must be JSON', "fromJSON('')", 'EXPRESSION_FAILED'],
    ['fromJSON: the text must be JSON', "fromJSON('{')", 'EXPRESSION_FAILED'],
    ['format: every placeholder needs a value', "format('{1}', 'a')", 'EXPRESSION_FAILED'],
    ['Literals: strings take single quotes only', '"double"', 'EXPRESSION_INVALID'],
    ['Functions: only the built-in ones exist', 'length(env)', 'EXPRESSION_INVALID'],
    ['Functions: the number of arguments is checked', 'startsWith(env)', 'EXPRESSION_INVALID'],
    ['Contexts: only the documented ones exist', 'secret.TOKEN', 'EXPRESSION_INVALID'],
    ['Operators: there is no arithmetic', '1 + 1', 'EXPRESSION_INVALID'],
    [
      'Expressions nest at most 50 deep',
      `${'('.repeat(1000)}1${')'.repeat(1000)}`,
      'EXPRESSION_INVALID',
    ],
    ['Expressions have at most 21,000 characters', `'${'a'.repeat(21_000)}'`, 'EXPRESSION_INVALID'],
  ])('%s: %.30s', (_rule, expression, code) => {
    expect(() => evaluate(expression, scope)).toThrow(expect.objectContaining({ code }));
  });
});
