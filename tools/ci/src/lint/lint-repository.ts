import { type Action, checkRules, type Finding, type Workflow } from '@prompt-card/workflow';
import { readRepository } from '../repository/read-repository.ts';
import { runActionlint } from './actionlint.ts';
import { isActionFile, runLanguageService } from './language-service.ts';
import { readLintConfig } from './lint-config.ts';
import { mergeFindings } from './merge-findings.ts';
import { applyWaivers, type WaivedReport } from './waivers.ts';

export interface LintReport extends WaivedReport {
  readonly workflows: number;
  readonly actions: number;
}

/** Checks every workflow and local action under `root` with all three checkers. */
export async function lintRepository(root: string, today: string): Promise<LintReport> {
  const config = readLintConfig(root);
  const { repository, unreadable } = await readRepository(root, config);
  const own = checkRules(repository);
  const findings: Finding[] = unreadable.map(({ path, message }) => ({
    rule: 'unreadable-file',
    path,
    line: 1,
    column: 1,
    message,
  }));
  for (const file of [...repository.workflows, ...repository.actions.values()]) {
    findings.push(...(await lintFile(file, own)));
  }
  return {
    ...applyWaivers(findings, config.waivers, today),
    workflows: repository.workflows.length,
    actions: repository.actions.size,
  };
}

async function lintFile(file: Workflow | Action, own: readonly Finding[]): Promise<Finding[]> {
  const { path, content } = file;
  const mine = own.filter((finding) => finding.path === path);
  const official = await runLanguageService(path, content);
  // actionlint knows workflows only.
  const isAction = 'runs' in file && isActionFile(file);
  const other = isAction ? [] : await runActionlint(path, content);
  return mergeFindings(mine, official, other, content);
}
