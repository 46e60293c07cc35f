import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ReportInput, reportJson, reportMarkdown } from './report.ts';

/** Where a report is, or why there is none: the rollout has happened either way. */
export type WrittenReport =
  { readonly file: string } | { readonly file: undefined; readonly problem: string };

/** Writes `report.md` and `report.json`. */
export async function writeReport(folder: string, report: ReportInput): Promise<WrittenReport> {
  const file = path.join(folder, 'report.md');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, 'report.json'),
      `${JSON.stringify(reportJson(report), undefined, 2)}\n`,
    );
    await writeFile(file, reportMarkdown(report));
    return { file };
  } catch (error) {
    return { file: undefined, problem: (error as Error).message };
  }
}
