import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CiError } from '../ci-error.ts';

/** What a repository says about running its workflows on a laptop. */
export const runConfigPath = '.github/ci-run.json';

const configSchema = z.strictObject({
  /** Local actions in place of others: what `uses:` says (with or without the ref), and a folder. */
  actions: z.record(z.string(), z.string()).default({}),
  /** Values of `vars`. */
  vars: z.record(z.string(), z.string()).default({}),
});

export type RunConfig = z.infer<typeof configSchema>;

export function readRunConfig(root: string): RunConfig {
  const file = path.join(root, runConfigPath);
  if (!fs.existsSync(file)) return { actions: {}, vars: {} };
  try {
    return configSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new CiError('CONFIG_INVALID', `${runConfigPath}: ${detail}`, {
      cause,
      next: 'it has "actions" (uses -> folder) and "vars" (name -> value)',
    });
  }
}

/** `NAME=value` lines; `#` starts a comment, quotes around a value are taken off. */
export function readSecretFile(file: string): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const line of fs.readFileSync(file, 'utf8').split(/\r?\n/)) {
    const match = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    secrets[match[1] ?? ''] = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
  }
  return secrets;
}
