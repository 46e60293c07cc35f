import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CiError } from '../ci-error.ts';

/** Where a repository says which secrets exist and which findings it accepts until when. */
export const lintConfigPath = '.github/ci-lint.json';

const waiverSchema = z.strictObject({
  rule: z.string(),
  /** Only in this file; everywhere when absent. */
  path: z.string().optional(),
  /** Only findings whose message contains this. */
  contains: z.string().optional(),
  reason: z.string().min(10),
  owner: z.string(),
  /** The last day on which it holds. */
  expires: z.iso.date(),
});

const configSchema = z.strictObject({
  secrets: z.array(z.string()).optional(),
  waivers: z.array(waiverSchema).default([]),
});

export type Waiver = z.infer<typeof waiverSchema>;
export type LintConfig = z.infer<typeof configSchema>;

export function readLintConfig(root: string): LintConfig {
  const file = path.join(root, lintConfigPath);
  if (!fs.existsSync(file)) return { waivers: [] };
  try {
    return configSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new CiError('CONFIG_INVALID', `${lintConfigPath}: ${detail}`, {
      cause,
      next: 'correct the file; each waiver has rule, reason, owner and expires (YYYY-MM-DD)',
    });
  }
}
