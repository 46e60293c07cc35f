import type { Revision } from '@prompt-card/rollout';
import { sampleRevision } from '@prompt-card/rollout/testing';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { FileInbox } from './file-inbox.ts';
import { FileReleaseRecord } from './file-release-record.ts';

describe('FileReleaseRecord', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.clean());

  const ids = (revisions: readonly Revision[]) => revisions.map(({ id }) => id);

  it('has the newest promotion first and each revision once', async () => {
    const record = new FileReleaseRecord(folder.path);
    expect(await record.history('backend')).toEqual([]);
    for (const number of [1, 2, 3, 2, 2])
      await record.promote(sampleRevision('backend', number), 1);
    await record.promote(sampleRevision('frontend', 9), 1);
    expect(ids(await record.history('backend'))).toEqual(['r2', 'r3', 'r1']);
    expect(ids(await new FileReleaseRecord(folder.path).history('frontend'))).toEqual(['r9']);
  });

  it('forgets what is given up, but never what is stable', async () => {
    const record = new FileReleaseRecord(folder.path);
    for (const number of [1, 2, 3]) await record.promote(sampleRevision('backend', number), 1);
    await record.forget('backend', ['r1', 'r3'], 1);
    expect(ids(await record.history('backend'))).toEqual(['r3', 'r2']);
    await expect(record.forget('backend', ['r2'], 0)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it('refuses a promotion by somebody who was overtaken', async () => {
    const record = new FileReleaseRecord(folder.path);
    await record.promote(sampleRevision('backend', 1), 5);
    await expect(record.promote(sampleRevision('backend', 2), 4)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(ids(await record.history('backend'))).toEqual(['r1']);
  });

  it('refuses whoever was overtaken, even before the new holder has written anything', async () => {
    let newest = 1;
    const record = new FileReleaseRecord(folder.path, () => Promise.resolve(newest));
    await record.promote(sampleRevision('backend', 1), 1);
    newest = 2;
    await expect(record.promote(sampleRevision('backend', 2), 1)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await record.history('backend')).toEqual([sampleRevision('backend', 1)]);
  });
});

describe('FileInbox', () => {
  it('gives each request once, oldest first', async () => {
    const folder = await temporaryFolder();
    const inbox = new FileInbox(folder.path);
    expect(await inbox.take()).toBeUndefined();
    await inbox.put({ kind: 'abort-requested', by: 'ada', reason: 'odd' }, 2);
    await inbox.put({ kind: 'promote-requested', by: 'bob', full: true }, 1);
    expect(await inbox.take()).toMatchObject({ by: 'bob' });
    expect(await inbox.take()).toMatchObject({ by: 'ada' });
    expect(await inbox.take()).toBeUndefined();
    await folder.clean();
  });
});
