const fs = require('node:fs');
const path = require('node:path');

/**
 * Writes each project's counts to `test-output/counts.json`, an Nx output: a run served from the
 * cache restores the file, so `npm test` counts what was tested and not what was executed.
 */
module.exports = class CountsReporter {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
  }

  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      // A suite that could not even start has no failed test of its own, but it is a failure.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    const file = path.join(this.rootDir, 'test-output', 'counts.json');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify(counts)}\n`);
  }
};
