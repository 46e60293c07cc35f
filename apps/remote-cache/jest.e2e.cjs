/** The long suite: the real Nx client against every fault. Run by `nx run remote-cache:e2e`. */
/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'remote-cache e2e',
  testMatch: ['<rootDir>/e2e/**/*.spec.ts'],
  testTimeout: 120_000,
  reporters: ['default'],
};
