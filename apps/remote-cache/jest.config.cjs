const preset = require('../../jest.preset.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...preset,
  // The long suite has a target of its own: see jest.e2e.cjs.
  testPathIgnorePatterns: [...preset.testPathIgnorePatterns, '<rootDir>/e2e/'],
  displayName: 'remote-cache',
  // Real processes and disks on a busy machine; nothing asserts a time.
  testTimeout: 30_000,
};
