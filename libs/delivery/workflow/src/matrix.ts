import { type Json, isJsonObject, type JsonObject, sameJson } from './json.ts';
import { asText } from './expression.ts';
import { WorkflowError } from './workflow-error.ts';

/** One combination of a matrix: the values of `matrix.*` in one instance of the job. */
export type Combination = JsonObject;

/** GitHub refuses more jobs from one matrix. */
const maxCombinations = 256;

/**
 * Expands `strategy.matrix`: the product of the vectors in the order they are written, minus
 * `exclude`, plus `include`. An include extends every combination whose original values it does not
 * change, and becomes a combination of its own when it extends none.
 */
export function expandMatrix(matrix: Json): Combination[] {
  if (!isJsonObject(matrix)) {
    throw invalid(`a matrix must be a mapping, not ${JSON.stringify(matrix)}`);
  }
  const vectors = Object.entries(matrix).filter(([key]) => key !== 'include' && key !== 'exclude');
  const original = product(vectors).filter(
    (combination) => !objects(matrix, 'exclude').some((rule) => isPartOf(rule, combination)),
  );
  const result = original.map((combination) => ({ combination, extended: { ...combination } }));
  const added: Combination[] = [];
  for (const rule of objects(matrix, 'include')) {
    const vectorKeys = Object.keys(rule).filter((key) => vectors.some(([name]) => name === key));
    const hosts = result.filter(({ combination }) =>
      vectorKeys.every((key) => sameJson(rule[key], combination[key])),
    );
    for (const host of hosts) Object.assign(host.extended, rule);
    if (hosts.length === 0) added.push(rule);
  }
  const combinations = [...result.map(({ extended }) => extended as Combination), ...added];
  if (combinations.length > maxCombinations) {
    throw invalid(`${combinations.length} combinations; ${maxCombinations} are allowed`);
  }
  if (combinations.length === 0) throw invalid('the matrix has no combination');
  return combinations;
}

/** `build (20, linux)`: how GitHub names an instance whose job has no name of its own. */
export function combinationName(jobName: string, combination: Combination): string {
  const values = Object.values(combination)
    .flatMap(leaves)
    .filter((text) => text !== '');
  return values.length === 0 ? jobName : `${jobName} (${values.join(', ')})`;
}

function leaves(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (isJsonObject(value)) return Object.values(value).flatMap(leaves);
  return [asText(value)];
}

function product(vectors: readonly (readonly [string, Json])[]): Combination[] {
  if (vectors.length === 0) return [];
  let combinations: Combination[] = [{}];
  for (const [key, values] of vectors) {
    if (!Array.isArray(values)) {
      throw invalid(`matrix.${key} must be a list, not ${JSON.stringify(values)}`);
    }
    if (values.length === 0) throw invalid(`matrix.${key} is empty`);
    if (combinations.length * values.length > 100_000) {
      throw invalid(`over ${maxCombinations} combinations`);
    }
    combinations = combinations.flatMap((combination) =>
      values.map((value: Json) => ({ ...combination, [key]: value })),
    );
  }
  return combinations;
}

function objects(matrix: JsonObject, key: 'include' | 'exclude'): JsonObject[] {
  const list = matrix[key];
  if (list === undefined || list === null || list === '') return [];
  if (!Array.isArray(list) || !list.every(isJsonObject)) {
    throw invalid(`matrix.${key} must be a list of mappings, not ${JSON.stringify(list)}`);
  }
  return list;
}

/** An exclude rule removes what it is part of; nested mappings compare key by key. */
function isPartOf(rule: Json, value: Json | undefined): boolean {
  if (isJsonObject(rule) && isJsonObject(value)) {
    return Object.entries(rule).every(([key, item]) => isPartOf(item, value[key]));
  }
  return value !== undefined && (sameJson(rule, value) || asText(rule) === asText(value));
}

const invalid = (message: string) =>
  new WorkflowError('MATRIX_INVALID', message, {
    next: 'give the matrix at least one vector with at least one value, or skip the job with `if`',
  });
