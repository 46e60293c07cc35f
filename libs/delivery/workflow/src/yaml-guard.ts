import { load } from './official/load.cjs';
import { WorkflowError } from './workflow-error.ts';

const { yaml } = load('parser');

/** GitHub refuses larger workflow files too; a parser that refuses first stays bounded. */
export const maxFileBytes = 512 * 1024;

/** Far above any real workflow; aliases count with everything they stand for. */
export const maxNodes = 100_000;

/**
 * Refuses a file whose aliases would expand beyond bounds ("billion laughs") before any reader
 * expands them: each anchor's size is computed once, so the check itself is linear in the file.
 */
export function guardYaml(path: string, content: string): void {
  if (content.length > maxFileBytes) {
    throw new WorkflowError(
      'WORKFLOW_TOO_LARGE',
      `${path} has ${content.length} characters; a workflow may have ${maxFileBytes}`,
      { next: 'split the workflow into reusable ones' },
    );
  }
  const lines = content.split('\n');
  // Flow collections nested this deep exist only to exhaust a parser's stack.
  if (lines.some((line) => nesting(line) > 200)) {
    throw new WorkflowError('WORKFLOW_TOO_MANY_NODES', `${path} nests collections over 200 deep`, {
      next: 'flatten the collections',
    });
  }
  if (!/[*]\w/.test(content)) return;
  const document = yaml.parseDocument(content, { uniqueKeys: false });
  const sizes = new Map<unknown, number>();
  const open = new Set<unknown>();
  const size = (node: unknown): number => {
    if (yaml.isAlias(node)) return size(node.resolve(document));
    if (typeof node !== 'object' || node === null) return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    if (open.has(node)) return 1;
    open.add(node);
    let total = 1;
    if (yaml.isPair(node)) total += size(node.key) + size(node.value);
    if (yaml.isCollection(node)) for (const item of node.items) total += size(item);
    open.delete(node);
    sizes.set(node, total);
    return total;
  };
  const total = size(document.contents);
  if (total > maxNodes) {
    throw new WorkflowError(
      'WORKFLOW_TOO_MANY_NODES',
      `${path} expands to ${total} nodes through its aliases; ${maxNodes} are allowed`,
      { next: 'write the repeated values out, or move them into a composite action' },
    );
  }
}

function nesting(line: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of line) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    if (character === ']' || character === '}') depth--;
  }
  return deepest;
}
