import { readFileSync } from 'node:fs';
import path from 'node:path';

export const workspaceRoot = path.join(__dirname, '..', '..', '..', '..');

export function readWorkspaceFile(...names: readonly string[]): string {
  return readFileSync(path.join(workspaceRoot, ...names), 'utf8');
}

/** The cells of the tables in a Markdown text, without headings; `\|` is a bar within a cell. */
export function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .filter((line, i) => !isRuler(line) && !isRuler(lines[i + 1] ?? ''))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

function isRuler(line: string): boolean {
  return /^\|[\s:|-]+\|$/.test(line);
}

/** The text under a heading, up to the next one of the same or a higher level. */
export function sectionOf(markdown: string, heading: string): string {
  const level = heading.indexOf(' ');
  const [, rest = ''] = markdown.split(`\n${heading}\n`);
  return rest.split(new RegExp(`\n#{1,${level}} `))[0] ?? '';
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** The part of a JSON schema that the documentation looks at. */
interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
}

/** Every field of a schema as a row: path, type, default, description. */
export function fieldRows(schema: unknown, prefix = ''): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = schema as JsonSchema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const item = field.type === 'array' ? field.items : undefined;
    const path_ = `${prefix}${name}${item ? '[]' : ''}`;
    const fallback = required.includes(name) ? 'required' : defaultOf(field);
    const row = [`\`${path_}\``, typeOf(field), fallback, field.description ?? ''];
    return [row, ...fieldRows(item ?? field, `${path_}.`)];
  });
}

function typeOf({ type, enum: values, items }: JsonSchema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (items?.enum) return `list of ${typeOf(items)}`;
  if (type === 'array') return `list of ${items?.type ?? 'any'}s`;
  return type ?? 'any';
}

function defaultOf({ default: value, properties }: JsonSchema): string {
  if (value === undefined || properties) return '';
  if (!Array.isArray(value)) return `\`${String(value)}\``;
  return value.length === 0 ? 'none' : `\`${JSON.stringify(value)}\``;
}
