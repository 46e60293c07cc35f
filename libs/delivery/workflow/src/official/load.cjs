/**
 * The official @actions packages import JSON files without an import attribute, which no Node
 * accepts, so they are bundled into one CommonJS file the first time they are needed. The bundle is
 * named after everything it depends on and so is built once per installation; the name of a
 * temporary file is unique, so processes that start together do not read each other's halves.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const entries = {
  parser: [
    "export * from '@actions/workflow-parser';",
    "export { ensureStatusFunction } from '@actions/workflow-parser/model/converter/if-condition';",
    "export { parseAction } from '@actions/workflow-parser/actions/action-parser';",
    "export * as expressions from '@actions/expressions';",
    "export * as ast from '@actions/expressions/ast';",
    "export { TokenType } from '@actions/expressions/lexer';",
    "export * as yaml from 'yaml';",
  ],
  languageservice: [
    "export * from '@actions/languageservice';",
    "export { TextDocument } from 'vscode-languageserver-textdocument';",
  ],
};

/** The folder of the installed package: its exports hide package.json, so it is looked up by hand. */
function packageFolder(name) {
  for (const root of require.resolve.paths(name) ?? []) {
    const folder = path.join(root, name);
    if (fs.existsSync(path.join(folder, 'package.json'))) return folder;
  }
  throw new Error(`${name} is not installed; run \`npm ci\``);
}

const version = (name) =>
  JSON.parse(fs.readFileSync(path.join(packageFolder(name), 'package.json'), 'utf8')).version;

const dependencies = [
  '@actions/workflow-parser',
  '@actions/expressions',
  '@actions/languageservice',
  'yaml',
  'esbuild',
];

function bundlePath(entry) {
  const nodeModules = path.dirname(packageFolder('esbuild'));
  const hash = createHash('sha256')
    .update(JSON.stringify([entries[entry], dependencies.map(version)]))
    .digest('hex');
  return path.join(nodeModules, '.cache', 'prompt-card', `${entry}-${hash.slice(0, 16)}.cjs`);
}

function build(entry, file) {
  const half = `${file}.${process.pid}.${Date.now()}.tmp`;
  require('esbuild').buildSync({
    stdin: { contents: entries[entry].join('\n'), resolveDir: __dirname },
    outfile: half,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'inline',
    logLevel: 'error',
  });
  fs.renameSync(half, file);
}

function load(entry) {
  const file = bundlePath(entry);
  if (!fs.existsSync(file)) build(entry, file);
  return require(file);
}

module.exports = { load };
