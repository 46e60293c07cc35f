import fc from 'fast-check';
import { type VariableValues, renderTemplate } from './render.ts';
import { parseTemplate } from './template.ts';

function render(source: string, values: VariableValues) {
  const parsed = parseTemplate(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return renderTemplate(parsed.template, values);
}

describe('a rendered prompt', () => {
  it('has each value wherever its variable stands', () => {
    expect(render('{{a}}-{{ b }}-{{a}}', { a: '1', b: '2' })).toEqual({
      ok: true,
      prompt: '1-2-1',
    });
  });

  it('is refused while values are missing, which are named in order of first use', () => {
    expect(render('{{c}} {{a}} {{b}} {{c}}', { a: '' })).toEqual({
      ok: false,
      missing: ['c', 'b'],
    });
  });

  it('takes nothing from what objects inherit', () => {
    expect(render('{{constructor}}', {})).toEqual({ ok: false, missing: ['constructor'] });
  });

  it('ignores values of variables that the template does not use', () => {
    expect(render('plain', { extra: 'x' })).toEqual({ ok: true, prompt: 'plain' });
  });

  it('holds any value literally, also one that looks like a template or a replacement pattern', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{{b}}', '\\{{b}}', '$&', '$1', '}}', '{{'),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(render('<{{a}}|{{b}}>', { a, b })).toEqual({ ok: true, prompt: `<${a}|${b}>` });
      }),
    );
  });
});
