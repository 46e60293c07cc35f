/** @type {import('jest').Config} */
module.exports = {
  ...require('../../../jest.preset.cjs'),
  displayName: 'storage',
  // Real processes and disks on a busy machine; nothing asserts a time.
  testTimeout: 30_000,
};
