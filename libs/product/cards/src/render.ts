import type { Template } from './template.ts';

/** Values by variable name. An empty string is a value; a variable without an entry is missing. */
export type VariableValues = Readonly<Record<string, string>>;

/** A prompt ready to send, or the variables that still lack a value, in order of first use. */
export type RenderedPrompt =
  | { readonly ok: true; readonly prompt: string }
  | { readonly ok: false; readonly missing: readonly string[] };

/** Puts `values` into the template as they are: braces inside a value are never read again. */
export function renderTemplate(template: Template, values: VariableValues): RenderedPrompt {
  const missing = template.variables.filter((name) => valueOf(values, name) === undefined);
  if (missing.length > 0) return { ok: false, missing };
  const pieces = template.parts.map((part) =>
    part.kind === 'text' ? part.text : (valueOf(values, part.name) ?? ''),
  );
  return { ok: true, prompt: pieces.join('') };
}

/** Own entries only: a variable named `constructor` must not find the one every object inherits. */
function valueOf(values: VariableValues, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
