import type { StepKind } from '@prompt-card/rollout';
import { sampleRollout } from '../testing/sample-log.ts';
import { nextMoves } from './outcome.ts';
import { RUNBOOK, RUNBOOK_OF_CODE, runbookLink, runbookOfVerdict } from './runbook.ts';

const KINDS: readonly StepKind[] = [
  'migrate',
  'deploy',
  'await-healthy',
  'smoke-test',
  'set-weight',
  'analyse',
  'drain',
];

describe('the runbook', () => {
  it('has no entry that nothing leads to', () => {
    const phases = [
      { kind: 'paused', reason: '' },
      { kind: 'blocked', reason: '' },
      { kind: 'running' },
    ] as const;
    const links = [
      ...phases.flatMap((phase) => nextMoves({ ...sampleRollout(), phase })),
      ...Object.values(RUNBOOK_OF_CODE).map((entry) => runbookLink(entry!)),
      ...KINDS.map((kind) => runbookLink(runbookOfVerdict(kind, { outcome: 'fail', reason: '' })!)),
      runbookLink(runbookOfVerdict('analyse', { outcome: 'no-data', reason: '' })!),
      runbookLink(runbookOfVerdict('analyse', { outcome: 'fail', reason: 'hook x failed' })!),
    ].join('\n');
    for (const entry of RUNBOOK) expect(links).toMatch(new RegExp(`${runbookLink(entry)}$`, 'm'));
  });

  it('is not pointed at by what passed', () => {
    expect(runbookOfVerdict('drain', { outcome: 'pass', reason: '' })).toBeUndefined();
  });
});
