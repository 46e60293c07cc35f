/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'ci',
  globalSetup: require.resolve('../../libs/delivery/workflow/src/official/prepare.cjs'),
};
