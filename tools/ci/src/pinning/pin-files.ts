import fs from 'node:fs';
import path from 'node:path';

/** Every file of a repository that can name an action. */
export function pinFiles(root: string): string[] {
  const folders = ['.github/workflows', '.github/actions'];
  return folders
    .filter((folder) => fs.existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      fs
        .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.ya?ml$/.test(name))
        .map((name) => path.posix.join(folder, name.replaceAll('\\', '/'))),
    )
    .sort();
}
