import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { STARTED_AT_MS, sampleLogbook } from '../testing/sample-log.ts';
import { type ReportInput, reportJson, reportMarkdown } from './report.ts';
import { writeReport } from './write-report.ts';

const input: ReportInput = {
  environment: 'local',
  by: 'ada@laptop',
  log: sampleLogbook().log,
  finishedAtMs: STARTED_AT_MS + 65_000,
  traffic: {
    sent: 200,
    succeeded: 199,
    failed: { '4xx': 0, '5xx': 1, timeout: 0, connection: 0 },
    skipped: 0,
    byOperation: {},
    byRevision: {},
    latency: {},
    examples: ['GET /api/cards 500 by r2'],
  },
};

describe('the report', () => {
  it('tells a person what happened, step by step, with asked and measured shares', () => {
    const markdown = reportMarkdown(input);
    expect(markdown).toContain('# canary 7: running');
    expect(markdown).toContain('- Started by ada@laptop at 2026-01-02T03:04:05.000Z: version 2');
    expect(markdown).toContain('- Took 1 min 5 s');
    expect(markdown).toContain('- backend: r1 → r2');
    expect(markdown).toContain('| 1 | start backend r2 | 0.5 s | pass | evidence 0 |');
    expect(markdown).toContain('| backend r2 | 5 % | 5.0 % | 10 | 1 |');
    expect(markdown).toContain('200 requests, 199 succeeded');
  });

  it('gives a script the same figures', () => {
    expect(JSON.parse(JSON.stringify(reportJson(input)))).toMatchObject({
      rollout: '7',
      strategy: 'canary',
      outcome: { kind: 'running' },
      arms: [
        { revisionId: 'r1' },
        { revisionId: 'r2', weight: 5, measuredShare: 5, requests: 10, errors: 1 },
      ],
      traffic: { sent: 200 },
    });
  });

  it('keeps a table a table, whatever an error message says', () => {
    const [step, ...others] = input.log.steps;
    const odd = { ...step!, verdict: { outcome: 'fail', reason: 'a | b\nc' } } as const;
    const markdown = reportMarkdown({ ...input, log: { ...input.log, steps: [odd, ...others] } });
    expect(markdown).toContain('| fail | a \\| b c |');
  });

  it('is no reason to fail when it cannot be written', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'report-'));
    const { file } = await writeReport(path.join(folder, '7'), input);
    expect(await readFile(file ?? '', 'utf8')).toContain('# canary 7');
    await writeFile(path.join(folder, 'blocked'), '');
    expect(await writeReport(path.join(folder, 'blocked'), input)).toMatchObject({
      file: undefined,
      problem: expect.stringMatching(/EEXIST|ENOTDIR/),
    });
    await rm(folder, { recursive: true });
  });
});
