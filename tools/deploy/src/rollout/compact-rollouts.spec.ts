import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FileJournal } from '@prompt-card/local';
import { rollbackPlan } from '@prompt-card/rollout';
import { SAMPLE_TIMES, sampleChange } from '@prompt-card/rollout/testing';
import { parseEnvironmentFile } from '../environment/environment-file.ts';
import { LocalEnvironment } from '../environment/local-environment.ts';
import { compactRollouts, readOlderRollouts } from './compact-rollouts.ts';
import { journalFile, nextRolloutNumber } from './rollout-files.ts';

const FILE = parseEnvironmentFile(
  'tiny.json',
  JSON.stringify({
    name: 'tiny',
    folder: 'tiny',
    services: [
      {
        name: 'backend',
        artifact: 'app',
        args: ['main.js'],
        port: 0,
        healthPath: '/',
        probePath: '/',
        smokePath: '/',
        environment: {},
      },
    ],
  }),
);

describe('compactRollouts', () => {
  let root: string;
  let environment: LocalEnvironment;

  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'compact-'));
    environment = new LocalEnvironment(root, FILE);
    for (const id of ['1', '2', '3', '4', '5']) await record(id);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function record(id: string): Promise<void> {
    const journal = await FileJournal.open(journalFile(environment, id), () =>
      Promise.resolve(true),
    );
    const plan = rollbackPlan([sampleChange('backend')], SAMPLE_TIMES);
    await journal.append({
      atMs: 1_000 * Number(id),
      fence: 1,
      entry: {
        kind: 'started',
        by: 'ada',
        start: { id, plan, times: SAMPLE_TIMES, onInconclusive: 'pause', reason: `reason ${id}` },
      },
    });
  }

  const ids = async (): Promise<readonly string[]> =>
    (await readdir(environment.path('rollouts'))).sort();

  it('keeps the newest as they are and a line of each older one', async () => {
    await compactRollouts(environment, 3);
    expect(await ids()).toEqual(['3', '4', '5', 'older.json']);
    expect(await readOlderRollouts(environment)).toMatchObject([
      { id: '1', strategy: 'rollback', reason: 'reason 1', by: 'ada', candidates: ['backend r2'] },
      { id: '2', startedAtMs: 2_000, finishedAtMs: 2_000 },
    ]);
    expect(await nextRolloutNumber(environment)).toBe(6);
  });

  it('goes on where it was killed, and counts nothing twice', async () => {
    await compactRollouts(environment, 4);
    await record('1');
    await compactRollouts(environment, 3);
    const older = await readOlderRollouts(environment);
    expect(older.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('says of a damaged one that it could not be read', async () => {
    await writeFile(journalFile(environment, '1'), 'garbage\n');
    await appendFile(journalFile(environment, '1'), 'more garbage\n');
    await compactRollouts(environment, 4);
    expect(await readOlderRollouts(environment)).toMatchObject([
      { id: '1', phase: 'unreadable', reason: expect.stringContaining('checksum') },
    ]);
  });

  it('does nothing while there are few', async () => {
    await compactRollouts(environment, 5);
    expect(await ids()).toEqual(['1', '2', '3', '4', '5']);
  });
});
