import { expandMatrix } from '../matrix.ts';
import type { Json } from '../json.ts';

/** Each row: the documented rule ("Running variations of jobs in a workflow"), matrix, jobs. */
const rows: readonly [rule: string, matrix: Json, expected: Json][] = [
  ['one vector gives one job per value', { v: [1, 2] }, [{ v: 1 }, { v: 2 }]],
  [
    'several vectors give every combination, in the order they are written',
    { v: [1, 2], os: ['a', 'b'] },
    [
      { v: 1, os: 'a' },
      { v: 1, os: 'b' },
      { v: 2, os: 'a' },
      { v: 2, os: 'b' },
    ],
  ],
  ['values may be objects', { c: [{ n: 1 }, { n: 2 }] }, [{ c: { n: 1 } }, { c: { n: 2 } }]],
  [
    'include extends combinations whose values it repeats',
    { os: ['a', 'b'], include: [{ os: 'a', npm: 6 }] },
    [{ os: 'a', npm: 6 }, { os: 'b' }],
  ],
  [
    'include without vector keys extends every combination',
    { os: ['a', 'b'], include: [{ color: 'green' }] },
    [
      { os: 'a', color: 'green' },
      { os: 'b', color: 'green' },
    ],
  ],
  [
    'include that changes an original value becomes a job of its own',
    { os: ['a'], include: [{ os: 'z', npm: 6 }] },
    [{ os: 'a' }, { os: 'z', npm: 6 }],
  ],
  [
    'a later include may overwrite values that an earlier one added',
    { fruit: ['apple'], include: [{ color: 'green' }, { color: 'pink', fruit: 'apple' }] },
    [{ fruit: 'apple', color: 'pink' }],
  ],
  [
    "the documentation's example of six combinations",
    {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    },
    [
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ],
  ],
  [
    'include alone gives one job per entry',
    { include: [{ site: 'a' }, { site: 'b' }] },
    [{ site: 'a' }, { site: 'b' }],
  ],
  [
    'exclude needs only a partial match',
    { os: ['a', 'b'], v: [1, 2], exclude: [{ os: 'a' }] },
    [
      { os: 'b', v: 1 },
      { os: 'b', v: 2 },
    ],
  ],
  [
    'exclude with several keys removes only what matches all',
    { os: ['a', 'b'], v: [1, 2], exclude: [{ os: 'a', v: 2 }] },
    [
      { os: 'a', v: 1 },
      { os: 'b', v: 1 },
      { os: 'b', v: 2 },
    ],
  ],
  [
    'include is processed after exclude and can add back',
    { os: ['a', 'b'], exclude: [{ os: 'a' }], include: [{ os: 'a', extra: true }] },
    [{ os: 'b' }, { os: 'a', extra: true }],
  ],
  [
    'exclude matches nested objects key by key',
    {
      c: [
        { n: 1, m: 1 },
        { n: 2, m: 1 },
      ],
      exclude: [{ c: { n: 1 } }],
    },
    [{ c: { n: 2, m: 1 } }],
  ],
];

it.each(rows)('%s', (_rule, matrix, expected) => {
  expect(expandMatrix(matrix)).toEqual(expected);
});

it.each<[string, Json]>([
  ['a matrix needs a vector', {}],
  ['a vector needs a value', { os: [] }],
  ['a vector is a list', { os: 'linux' }],
  ['a matrix is a mapping', []],
  ['include is a list of mappings', { include: ['a'] }],
  ['a matrix generates at most 256 jobs', { a: Array.from({ length: 257 }, (_, i) => i) }],
  ['excluding everything leaves no job', { os: ['a'], exclude: [{ os: 'a' }] }],
])('refuses: %s', (_rule, matrix) => {
  expect(() => expandMatrix(matrix)).toThrow(expect.objectContaining({ code: 'MATRIX_INVALID' }));
});
