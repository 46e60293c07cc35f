import fs from 'node:fs';
import path from 'node:path';
import eslint from '@eslint/js';
import nextPlugin from '@next/eslint-plugin-next';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const root = import.meta.dirname;

const readJson = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));

/** Folders of the projects that carry `tag`. A project's own package.json is the one source of its tags. */
function foldersTagged(tag) {
  return readJson('package.json')
    .workspaces.flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return fs.readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => fs.existsSync(path.join(root, folder, 'package.json')))
    .filter((folder) => readJson(`${folder}/package.json`).nx?.tags?.includes(tag));
}

const domainFolders = foldersTagged('type:domain');

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/out-tsc',
      '**/.next',
      '**/next-env.d.ts',
      '**/test-output',
      '**/playwright-report',
      '.nx',
      '.deploy',
      'tmp',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    extends: [...tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: [
            {
              sourceTag: 'type:domain',
              onlyDependOnLibsWithTags: ['type:domain'],
              // Pure parsers: text in, tree out.
              allowedExternalImports: ['zod', 'fast-check', 'tslib', '@actions/*', 'yaml'],
            },
            { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:domain'] },
            {
              sourceTag: 'type:adapter',
              onlyDependOnLibsWithTags: ['type:domain', 'type:platform'],
            },
            {
              sourceTag: 'type:entry',
              onlyDependOnLibsWithTags: ['type:domain', 'type:platform', 'type:adapter'],
            },
            { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
            {
              sourceTag: 'scope:product',
              onlyDependOnLibsWithTags: ['scope:product', 'scope:shared'],
            },
            {
              sourceTag: 'scope:delivery',
              onlyDependOnLibsWithTags: ['scope:delivery', 'scope:shared'],
            },
            { sourceTag: 'runtime:browser', onlyDependOnLibsWithTags: ['runtime:any'] },
            { sourceTag: 'runtime:any', onlyDependOnLibsWithTags: ['runtime:any'] },
          ],
        },
      ],
    },
  },
  {
    // The compiler keeps Node's modules out of domain libs; time and chance are language built-ins,
    // so lint keeps them out: both are passed in.
    files: domainFolders.map((folder) => `${folder}/src/**/*.ts`),
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock (or the time) as an argument.' },
        {
          object: 'Math',
          property: 'random',
          message: 'Take the random number or a seed as an argument.',
        },
        { object: 'performance', property: 'now', message: 'Take a Clock as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Take a Clock (or the time) as an argument.',
        },
      ],
    },
  },
  {
    // Fakes and contract suites are for specs; a `testing` folder may use its siblings.
    files: ['{apps,libs,tools}/**/*.{ts,tsx}'],
    ignores: ['**/*.spec.ts', '**/*.spec.tsx', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@prompt-card/*/testing', '**/testing/*'],
              message: 'Only specs import from a testing folder.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.spec.tsx', '**/testing/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['apps/frontend/**/*.{ts,tsx}'],
    extends: [nextPlugin.configs['core-web-vitals'], reactHooks.configs.flat.recommended],
    settings: { next: { rootDir: path.join(root, 'apps/frontend') } },
  },
);
