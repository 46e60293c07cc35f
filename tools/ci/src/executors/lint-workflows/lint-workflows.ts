import fs from 'node:fs';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { lintRepository } from '../../lint/lint-repository.ts';
import { printReport } from '../../lint/print-report.ts';
import { toSarif } from '../../lint/sarif.ts';
import { translate } from '../translate.ts';

interface LintWorkflowsOptions {
  readonly root?: string;
  readonly sarif?: string;
}

export default function lintWorkflows(options: LintWorkflowsOptions, context: ExecutorContext) {
  return translate(async () => {
    const root = path.resolve(context.root, options.root ?? '.');
    const today = new Date().toISOString().slice(0, 10);
    const report = await lintRepository(root, today);
    console.log(printReport(report));
    if (options.sarif !== undefined) {
      const file = path.resolve(context.root, options.sarif);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, `${JSON.stringify(toSarif(report.open), null, 2)}\n`);
    }
    return report.open.length === 0;
  });
}
