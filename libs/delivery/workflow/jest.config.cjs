/** @type {import('jest').Config} */
module.exports = {
  ...require('../../../jest.preset.cjs'),
  displayName: 'workflow',
  globalSetup: require.resolve('./src/official/prepare.cjs'),
};
