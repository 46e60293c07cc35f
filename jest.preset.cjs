/** Shared by every project's jest.config.cjs; `rootDir` stays the project's own folder. */
const path = require('node:path');

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/**/*.spec.ts', '<rootDir>/**/*.spec.tsx'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/dist/',
    '<rootDir>/out-tsc/',
    '<rootDir>/.next/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.next/'],
  transform: {
    '^.+\\.[cm]?tsx?$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', path.join(__dirname, 'tools/workspace/jest-counts-reporter.cjs')],
  passWithNoTests: false,
  coverageDirectory: '<rootDir>/test-output/coverage',
};
