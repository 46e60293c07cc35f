import { type Json } from './json.ts';
import { entriesOf, entry, literalText, type Located } from './located.ts';
import { asText, resolve, type Scope } from './expression.ts';
import { WorkflowError } from './workflow-error.ts';

/**
 * The `inputs` context: given values converted to their declared types, defaults for the rest.
 * `declared` is the `inputs:` map of `workflow_call` or `workflow_dispatch`.
 */
export function resolveInputs(
  declared: Located | undefined,
  given: Readonly<Record<string, Json>>,
  scope: Scope,
): Record<string, Json> {
  const names = entriesOf(declared).map(({ key }) => key);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new WorkflowError('INPUT_INVALID', `input '${unknown}' is not declared`, {
      next: `declared are: ${names.join(', ') || 'none'}`,
    });
  }
  const values: Record<string, Json> = {};
  for (const { key, value } of entriesOf(declared)) {
    const type = literalText(entry(value, 'type')) ?? 'string';
    const fallback = entry(value, 'default');
    const isRequired = literalText(entry(value, 'required')) === 'true';
    // A key with an expression that gives null is present, and empty.
    const raw =
      key in given
        ? (given[key] ?? '')
        : fallback === undefined
          ? undefined
          : resolve(fallback, scope);
    if (raw === undefined && isRequired) {
      throw new WorkflowError('INPUT_INVALID', `input '${key}' is required and missing`, {
        next: `pass ${key}`,
      });
    }
    values[key] = raw === undefined ? emptyOf(type) : convert(key, type, raw, value);
  }
  return values;
}

/** What an input without value and default is: false, 0 or the empty text. */
function emptyOf(type: string): Json {
  return type === 'boolean' ? false : type === 'number' ? 0 : '';
}

function convert(name: string, type: string, raw: Json, declaration: Located): Json {
  if (type === 'boolean') {
    if (raw === true || raw === 'true') return true;
    if (raw === false || raw === 'false' || raw === '') return false;
    throw wrongType(name, type, raw);
  }
  if (type === 'number') {
    if (raw === '') return 0;
    const number = typeof raw === 'number' ? raw : Number(asText(raw));
    if (Number.isNaN(number)) throw wrongType(name, type, raw);
    return number;
  }
  if (type === 'choice') {
    const list = entry(declaration, 'options');
    const options = list?.kind === 'list' ? list.items.map((item) => literalText(item)) : [];
    if (!options.includes(asText(raw))) throw wrongType(name, `one of ${options.join(', ')}`, raw);
  }
  return asText(raw);
}

const wrongType = (name: string, type: string, raw: Json) =>
  new WorkflowError('INPUT_INVALID', `input '${name}' is ${JSON.stringify(raw)}, not ${type}`, {
    next: `pass a value for ${name} that is ${type}`,
  });
