import type { Finding } from '@prompt-card/workflow';
import { rulePage, ruleText } from './tool-rules.ts';

/** A SARIF 2.1.0 log with one run, as code scanning takes it. */
export function toSarif(findings: readonly Finding[]): object {
  const ids = [...new Set(findings.map(({ rule }) => ruleText(rule).id))];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ci:lint-workflows',
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: ruleText(id).why || id },
              help: { text: `${ruleText(id).fix} See ${rulePage(id)}.` },
              defaultConfiguration: { level: ruleText(id).severity },
            })),
          },
        },
        results: findings.map((finding) => ({
          ruleId: ruleText(finding.rule).id,
          level: ruleText(finding.rule).severity,
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: finding.path },
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
        })),
      },
    ],
  };
}
