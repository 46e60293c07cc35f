import fs from 'node:fs';
import path from 'node:path';
import { quiet } from './measure.ts';

/**
 * Writes an Nx workspace of `count` projects, each depending on the one at half its number, commits
 * it, and changes one file of the project in the middle. Its packages are those of `root`.
 */
export async function generateWorkspace(folder: string, count: number, root: string) {
  const write = (name: string, value: unknown) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  };
  write('nx.json', { neverConnectToCloud: true, analytics: false, defaultBase: 'main' });
  write('package.json', { name: 'generated', private: true, version: '0.0.0' });
  // Nx compiles the plugin with the workspace's own settings.
  fs.copyFileSync(path.join(root, 'tsconfig.base.json'), path.join(folder, 'tsconfig.base.json'));
  write('.gitignore', 'node_modules\n.nx\ntmp\n');
  for (let i = 0; i < count; i++) {
    const implicitDependencies = i === 0 ? [] : [`p${Math.floor(i / 2)}`];
    const targets = Object.fromEntries(
      ['lint', 'test'].map((name) => [
        name,
        { executor: 'nx:noop', inputs: ['{projectRoot}/**/*'] },
      ]),
    );
    write(`libs/p${i}/project.json`, {
      name: `p${i}`,
      root: `libs/p${i}`,
      implicitDependencies,
      targets,
    });
    write(`libs/p${i}/src/index.ts`, `export const n = ${i};\n`);
  }
  write('ci/project.json', {
    name: 'ci',
    root: 'ci',
    targets: { plan: { executor: '@prompt-card/ci:plan' } },
  });
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const git = (...args: readonly string[]) =>
    quiet('git', ['-c', 'user.name=b', '-c', 'user.email=b@b', ...args], folder);
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-q', '-m', 'generated');
  await git('checkout', '-q', '-b', 'change');
  write(`libs/p${Math.floor(count / 2)}/src/index.ts`, 'export const n = -1;\n');
  await git('commit', '-q', '-a', '-m', 'change');
}
