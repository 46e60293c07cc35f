import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { generateWorkspace } from '../../benchmark/generated-workspace.ts';
import { timed } from '../../benchmark/measure.ts';
import { benchmarkPlan } from '../../benchmark/plan-benchmark.ts';
import { benchmarkRunner } from '../../benchmark/runner-benchmark.ts';
import { lintRepository } from '../../lint/lint-repository.ts';
import { translate } from '../translate.ts';

export default function bench(options: { readonly quick?: boolean }, context: ExecutorContext) {
  return translate(async () => {
    const { root } = context;
    const today = new Date().toISOString().slice(0, 10);
    const rounds = options.quick === true ? 1 : 3;
    await lintRepository(root, today);
    const results: Record<string, unknown> = {
      lintWarmMs: await timed(() => lintRepository(root, today)),
      runner: await benchmarkRunner(),
      plan: { 'this repository': await benchmarkPlan(root, rounds) },
    };
    for (const count of options.quick === true ? [100] : [100, 1000]) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'workspace-'));
      try {
        await generateWorkspace(folder, count, root);
        (results['plan'] as Record<string, unknown>)[`${count} projects`] = await benchmarkPlan(
          folder,
          rounds,
        );
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    }
    const text = JSON.stringify(results, null, 2);
    const file = path.join(root, 'tools', 'ci', 'test-output', 'bench.json');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${text}\n`);
    console.log(text);
    return true;
  });
}
