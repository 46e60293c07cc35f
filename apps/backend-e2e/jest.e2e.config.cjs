/**
 * Not named jest.config.cjs: these tests need the built bundle, so they are the `e2e` target and no part
 * of `test`.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'backend-e2e',
  // Each file starts servers of its own; more than one at a time would only measure the machine.
  maxWorkers: 1,
};
