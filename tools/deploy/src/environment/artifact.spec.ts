import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { digestFolder, keepArtifact, requireArtifact } from './artifact.ts';

describe('an artifact', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'artifact-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function build(name: string, files: Record<string, string>): Promise<string> {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name, file)), { recursive: true });
      await writeFile(path.join(folder, name, file), content);
    }
    return path.join(folder, name);
  }

  it('has the same digest wherever and whenever it was built', async () => {
    const a = await build('a', { 'main.js': 'one', 'static/x.css': 'two' });
    const b = await build('b', { 'static/x.css': 'two', 'main.js': 'one' });
    expect(await digestFolder(a)).toBe(await digestFolder(b));
  });

  it.each([
    ['a content', { 'main.js': 'other' }],
    ['a name', { 'main.cjs': 'one' }],
    ['the border between two files', { 'main.j': 'sone' }],
  ])('has another digest when %s changes', async (_name, files) => {
    const a = await build('a', { 'main.js': 'one' });
    expect(await digestFolder(await build('b', files))).not.toBe(await digestFolder(a));
  });

  it('is kept as it was when the build is done again, links included', async () => {
    const built = await build('dist', { 'main.js': 'one' });
    await symlink('main.js', path.join(built, 'link.js'));
    const kept = path.join(folder, 'revisions', 'r1');
    await keepArtifact(built, kept);
    await build('dist', { 'main.js': 'two' });
    await keepArtifact(built, kept);
    expect(await readFile(path.join(kept, 'link.js'), 'utf8')).toBe('one');
  });

  it('is asked for by name when it is missing', async () => {
    await expect(requireArtifact(folder, 'main.js')).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      next: expect.stringContaining('build'),
    });
  });
});
