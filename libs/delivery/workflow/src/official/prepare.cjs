/**
 * Jest's globalSetup for whoever tests with the official packages: its workers look at the file system
 * through caches of their own and do not reliably see a bundle that is made while they run.
 */
const { load } = require('./load.cjs');

module.exports = () => {
  load('parser');
  load('languageservice');
};
