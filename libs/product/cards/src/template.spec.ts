import fc from 'fast-check';
import { cardLimits } from './limits.ts';
import { type Template, type TemplatePart, parseTemplate } from './template.ts';

function parsed(source: string): Template {
  const result = parseTemplate(source);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.template;
}

function problems(source: string) {
  const result = parseTemplate(source);
  return result.ok ? [] : result.problems;
}

const codes = (source: string) => problems(source).map(({ code }) => code);

describe('the variables of a template', () => {
  it('are found once each, in order of first use, whatever white space surrounds the name', () => {
    expect(parsed('{{b}} {{ a }} {{\n\tb }} {{ c_2}}').variables).toEqual(['b', 'a', 'c_2']);
  });

  it('are none in a text without double braces', () => {
    expect(parsed('{"json": {"deep": {}}} and }} alone').variables).toEqual([]);
  });

  it('may stand between single braces', () => {
    expect(parsed('{{{ x }}}').parts).toEqual([
      { kind: 'text', text: '{' },
      { kind: 'variable', name: 'x' },
      { kind: 'text', text: '}' },
    ]);
  });

  it('are not read behind a backslash, which itself is written twice', () => {
    expect(parsed('\\{{ x }}').parts).toEqual([{ kind: 'text', text: '{{ x }}' }]);
    expect(parsed('C:\\\\{{ x }}').parts).toEqual([
      { kind: 'text', text: 'C:\\' },
      { kind: 'variable', name: 'x' },
    ]);
  });

  it('leave a backslash alone that stands before anything else', () => {
    expect(parsed('a\\nb \\{c').parts).toEqual([{ kind: 'text', text: 'a\\nb \\{c' }]);
  });
});

describe('what is wrong with a template', () => {
  it.each([
    ['{{', 'VARIABLE_UNCLOSED'],
    ['{{ name', 'VARIABLE_UNCLOSED'],
    ['{{ name }', 'VARIABLE_UNCLOSED'],
    ['{{}}', 'VARIABLE_EMPTY'],
    ['{{ \n }}', 'VARIABLE_EMPTY'],
    ['{{ two words }}', 'VARIABLE_NAME_ILLEGAL'],
    ['{{ 1st }}', 'VARIABLE_NAME_ILLEGAL'],
    ['{{ größe }}', 'VARIABLE_NAME_ILLEGAL'],
    ['{{ user.name }}', 'VARIABLE_NAME_ILLEGAL'],
    [`{{ ${'n'.repeat(cardLimits.variableNameLength + 1)} }}`, 'VARIABLE_NAME_TOO_LONG'],
  ])('is reported for %j as %s', (source, code) => {
    expect(codes(source)).toEqual([code]);
  });

  it('is reported with the line and column of the opening braces', () => {
    expect(problems('first\n  {{ a b }}\n{{c').map(({ position }) => position)).toEqual([
      { offset: 8, line: 2, column: 3 },
      { offset: 18, line: 3, column: 1 },
    ]);
  });

  it('is the opening that the next opening interrupts, not the next one', () => {
    expect(problems('{{ a {{ b }}')).toMatchObject([
      { code: 'VARIABLE_UNCLOSED', position: { offset: 0 } },
    ]);
  });

  it('is its length or its number of variables beyond the limits, and not at them', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `{{v${i}}}`).join('');
    expect(codes('x'.repeat(cardLimits.templateLength))).toEqual([]);
    expect(codes('x'.repeat(cardLimits.templateLength + 1))).toEqual(['TEMPLATE_TOO_LONG']);
    expect(codes(many(cardLimits.variableCount))).toEqual([]);
    expect(codes(many(cardLimits.variableCount + 5))).toEqual(['TEMPLATE_TOO_MANY_VARIABLES']);
  });

  it('is listed for the first twenty places only', () => {
    expect(codes('{{}}'.repeat(1_000))).toHaveLength(20);
  });
});

/** Writes parts as a template: the reader's rules, from the other side. */
function write(parts: readonly TemplatePart[]): string {
  return parts
    .map((part, index) => {
      if (part.kind === 'variable') return `{{ ${part.name} }}`;
      if (parts[index + 1] === undefined) return escape(part.text);
      // Braces at the end of a text join those of the variable behind it, of which the last two open.
      const [tail = '', backslashes, braces] = /(\\*)(\{*)$/.exec(part.text) ?? [];
      const head = part.text.slice(0, part.text.length - tail.length);
      return `${escape(head)}${backslashes}${backslashes}${braces}`;
    })
    .join('');
}

const escape = (text: string) => text.replace(/(\\*)(\{{2,})/g, '$1$1\\$2');

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
/** Text made mostly of the characters that mean something. */
const text = fc.string({
  unit: fc.constantFrom('{', '}', '\\', ' ', 'a', '\n', '€'),
  minLength: 1,
});

/** Text and variables in turn, perhaps with a text at the end. */
const parts = fc
  .tuple(fc.array(fc.tuple(text, name), { maxLength: 12 }), fc.option(text, { nil: undefined }))
  .map(([pairs, tail]): TemplatePart[] => [
    ...pairs.flatMap(([text, name]): TemplatePart[] => [
      { kind: 'text', text },
      { kind: 'variable', name },
    ]),
    ...(tail === undefined ? [] : [{ kind: 'text' as const, text: tail }]),
  ]);

describe('parseTemplate', () => {
  it('reads back the parts that a template was written from', () => {
    fc.assert(
      fc.property(parts, (parts) => {
        expect(parsed(write(parts)).parts).toEqual(parts);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws, and reports positions inside the source in rising order', () => {
    const anything = fc.oneof(text, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(anything, (source) => {
        const offsets = problems(source).map(({ position }) => position.offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        for (const { position } of problems(source)) {
          const lines = source.slice(0, position.offset).split('\n');
          expect(position.line).toBe(lines.length);
          expect(position.column).toBe((lines.at(-1) ?? '').length + 1);
          expect(source.slice(position.offset, position.offset + 2)).toBe('{{');
        }
      }),
    );
  });

  // A quadratic reader takes minutes for these; the runner's own limit of seconds is the check.
  it.each([
    ['{{ '],
    ['{{ a '],
    ['{{'],
    ['}}'],
    ['\\'],
    ['\\{{'],
    ['{{a}}'],
    ['{{}}'],
    ['{ '],
    ['{{\n'],
  ])('reads the longest template made of %j in linear time', (unit) => {
    const source = unit.repeat(cardLimits.templateLength / unit.length);
    for (let i = 0; i < 20; i += 1) parseTemplate(source);
    expect(parseTemplate(source)).toHaveProperty('ok');
  });
});
