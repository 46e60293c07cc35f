import fs from 'node:fs';
import path from 'node:path';
import { git } from '../git.ts';
import { filesBelow, selectFiles } from './file-patterns.ts';
import type { JobState } from './job-state.ts';

/** What a stand-in did: outputs, or why there was nothing it could do. */
export interface StandInAnswer {
  readonly outputs?: Readonly<Record<string, string>>;
  readonly failure?: string;
  readonly note?: string;
}

type StandIn = (
  state: JobState,
  inputs: Readonly<Record<string, string>>,
) => Promise<StandInAnswer> | StandInAnswer;

/** A clean copy of the commit. Objects are shared with the repository, which is only read. */
const checkout: StandIn = async (state, inputs) => {
  const { repository, commit, github } = state.frame;
  const wanted = inputs['repository'] ?? '';
  if (wanted !== '' && wanted !== github['repository']) {
    return { failure: `repository ${wanted} is not on this machine` };
  }
  const target = path.resolve(state.workspace, inputs['path'] ?? '.');
  const ref = inputs['ref'] === undefined || inputs['ref'] === '' ? commit : inputs['ref'];
  fs.mkdirSync(target, { recursive: true });
  await git(target, 'init', '--quiet');
  const objects = (await git(repository, 'rev-parse', '--git-path', 'objects')).trim();
  const alternates = path.join(target, '.git', 'objects', 'info', 'alternates');
  fs.writeFileSync(alternates, `${path.resolve(repository, objects)}\n`);
  const sha = (await git(repository, 'rev-parse', `${ref}^{commit}`)).trim();
  await git(target, 'checkout', '--quiet', '--detach', sha);
  return { outputs: { ref, commit: sha }, note: `a clean copy of ${sha.slice(0, 10)}` };
};

const setupNode: StandIn = (state, inputs) => {
  const file = inputs['node-version-file'] ?? '';
  const wanted =
    inputs['node-version'] ||
    (file === '' ? '' : fs.readFileSync(path.join(state.workspace, file), 'utf8').trim());
  const have = process.versions.node;
  const isSame = wanted === '' || wanted.replace(/^v/, '').split('.')[0] === have.split('.')[0];
  const note = isSame ? `Node ${have}` : `runs on Node ${have}, the workflow asks for ${wanted}`;
  return { outputs: { 'node-version': `v${have}`, 'cache-hit': 'false' }, note };
};

const cacheEntry = (state: JobState, key: string) =>
  path.join(state.frame.cacheFolder, key.replace(/[^\w.-]+/g, '_'));

function restore(state: JobState, inputs: Readonly<Record<string, string>>): StandInAnswer {
  const key = inputs['key'] ?? '';
  const prefixes = [key, ...(inputs['restore-keys'] ?? '').split('\n')].map((line) => line.trim());
  const stored = fs.existsSync(state.frame.cacheFolder)
    ? fs.readdirSync(state.frame.cacheFolder)
    : [];
  for (const prefix of prefixes.filter((line) => line !== '')) {
    const name = path.basename(cacheEntry(state, prefix));
    const found = stored.includes(name)
      ? name
      : stored
          .filter((item) => item.startsWith(name))
          .sort()
          .at(-1);
    if (found === undefined) continue;
    fs.cpSync(path.join(state.frame.cacheFolder, found), state.workspace, { recursive: true });
    return {
      outputs: { 'cache-hit': String(found === path.basename(cacheEntry(state, key))) },
      note: `restored ${found}`,
    };
  }
  return { outputs: { 'cache-hit': 'false' }, note: `nothing stored under ${key}` };
}

function save(state: JobState, inputs: Readonly<Record<string, string>>): StandInAnswer {
  const entry = cacheEntry(state, inputs['key'] ?? '');
  if (fs.existsSync(entry)) return { note: 'already stored' };
  const half = `${entry}.${process.pid}.tmp`;
  for (const line of (inputs['path'] ?? '').split('\n')) {
    const relative = line.trim();
    const source = path.resolve(state.workspace, relative);
    if (relative === '' || !source.startsWith(state.workspace) || !fs.existsSync(source)) continue;
    fs.cpSync(source, path.join(half, relative), { recursive: true });
  }
  if (!fs.existsSync(half)) return { note: 'nothing to store' };
  fs.renameSync(half, entry);
  return { note: 'stored' };
}

const cache: StandIn = (state, inputs) => {
  const answer = restore(state, inputs);
  if (answer.outputs?.['cache-hit'] !== 'true') {
    state.posts.push(() => {
      if (state.records.every(({ conclusion }) => conclusion !== 'failure')) save(state, inputs);
      return Promise.resolve();
    });
  }
  return answer;
};

const artifactFolder = (state: JobState, name: string) =>
  path.join(state.frame.folder, 'artifacts', name.replace(/[/\\:*?"<>|]/g, '_'));

const uploadArtifact: StandIn = (state, inputs) => {
  const name = inputs['name'] || 'artifact';
  const hidden = inputs['include-hidden-files'] === 'true';
  const files = selectFiles(state.workspace, inputs['path'] ?? '', hidden);
  if (files.length === 0) {
    const message = `no file matches ${inputs['path'] ?? ''}`;
    return inputs['if-no-files-found'] === 'error' ? { failure: message } : { note: message };
  }
  const target = artifactFolder(state, name);
  if (fs.existsSync(target) && inputs['overwrite'] !== 'true') {
    return { failure: `an artifact named ${name} exists already in this run` };
  }
  fs.rmSync(target, { recursive: true, force: true });
  const base = commonFolder(files);
  for (const file of files) {
    const copy = path.join(target, path.relative(base, file));
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(path.join(state.workspace, file), copy);
  }
  return { outputs: { 'artifact-id': name }, note: `${files.length} files as ${name}` };
};

/** Artifacts keep paths from the deepest folder that all files share. */
function commonFolder(files: readonly string[]): string {
  const folders = files.map((file) => path.posix.dirname(file).split('/'));
  const [first = []] = folders;
  let length = 0;
  while (length < first.length && folders.every((folder) => folder[length] === first[length]))
    length++;
  return first.slice(0, length).join('/') || '.';
}

const downloadArtifact: StandIn = (state, inputs) => {
  const root = path.join(state.frame.folder, 'artifacts');
  const all = fs.existsSync(root) ? fs.readdirSync(root) : [];
  const target = path.resolve(state.workspace, inputs['path'] || '.');
  const name = inputs['name'] ?? '';
  if (name !== '') {
    const source = artifactFolder(state, name);
    if (!fs.existsSync(source)) return { failure: `no artifact named ${name} in this run` };
    fs.cpSync(source, target, { recursive: true });
    return { outputs: { 'download-path': target }, note: `${filesBelow(source).length} files` };
  }
  for (const item of all) {
    const into = inputs['merge-multiple'] === 'true' ? target : path.join(target, item);
    fs.cpSync(path.join(root, item), into, { recursive: true });
  }
  return { outputs: { 'download-path': target }, note: `${all.length} artifacts` };
};

/** Local means for the actions that only move files; by the action's name without its ref. */
export const standIns: Readonly<Record<string, StandIn>> = {
  'actions/checkout': checkout,
  'actions/setup-node': setupNode,
  'actions/cache': cache,
  'actions/cache/restore': restore,
  'actions/cache/save': save,
  'actions/upload-artifact': uploadArtifact,
  'actions/download-artifact': downloadArtifact,
};
