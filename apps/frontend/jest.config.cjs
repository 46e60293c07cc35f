/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'frontend',
  testEnvironment: '<rootDir>/jest-environment.cjs',
  moduleNameMapper: { '\\.css$': '<rootDir>/jest-css.cjs' },
};
