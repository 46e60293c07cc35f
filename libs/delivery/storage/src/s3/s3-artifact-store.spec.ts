import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTaskHash, type ArtifactId } from '@prompt-card/cache';
import { artifactStoreContract } from '@prompt-card/cache/testing';
import { FileSystemArtifactStore } from '../file-system/file-system-artifact-store.ts';
import { serverKey } from '../file-system/server-key.ts';
import { startS3Server, type S3Server } from '../testing/s3-server.ts';
import { Bucket } from './bucket.ts';
import { S3ArtifactStore } from './s3-artifact-store.ts';

let s3: S3Server;
let folders: string[];
let buckets: Bucket[];
const key = serverKey(Buffer.alloc(32, 'shared by every server of the bucket'));

beforeEach(async () => {
  s3 = await startS3Server();
  folders = [];
  buckets = [];
});
afterEach(async () => {
  for (const bucket of buckets) bucket.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
  await s3.close();
});

function openBucket(name = s3.bucket): Bucket {
  const bucket = new Bucket({
    bucket: name,
    endpoint: s3.endpoint,
    region: 'us-east-1',
    isPathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  });
  buckets.push(bucket);
  return bucket;
}
/** A server's store with an empty near tier, as on a new machine. */
function openStore(): S3ArtifactStore {
  const root = mkdtempSync(join(tmpdir(), 'near-tier-'));
  folders.push(root);
  const near = FileSystemArtifactStore.open({ root, now: () => 1000 });
  return new S3ArtifactStore({ bucket: openBucket(), prefix: 'cache/', near, key });
}
const id = (hash: string): ArtifactId => ({ scope: 'trusted', hash: parseTaskHash(hash)! });

async function* once(bytes: Uint8Array) {
  yield bytes;
}
const write = (store: S3ArtifactStore, hash: string, text: string) =>
  store.write(id(hash), {
    size: text.length,
    body: once(Buffer.from(text)),
    principal: 'token:1',
    run: null,
  });
async function readText(store: S3ArtifactStore, hash: string) {
  const open = await store.read(id(hash));
  await open?.close();
  return open && Buffer.from(open.body as Uint8Array).toString();
}

describe('S3ArtifactStore on s3rver', () => {
  it.each(artifactStoreContract)(
    '$claim',
    async ({ check }) => {
      await check({
        store: openStore(),
        corrupt: ({ scope, hash }) => s3.corrupt(`cache/artifacts/${scope}/${hash}`),
        reopen: async () => openStore(),
      });
    },
    20_000,
  );

  it('lets one of two servers win, and both serve the winner’s body', async () => {
    const [one, other] = [openStore(), openStore()];
    const outcomes = await Promise.all([write(one, '1', 'one'), write(other, '1', 'two')]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['exists', 'stored']);
    const winner = outcomes[0]?.kind === 'stored' ? 'one' : 'two';
    expect([await readText(one, '1'), await readText(other, '1')]).toEqual([winner, winner]);
  });

  it('does not serve an object that somebody else put into the bucket', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'poison-')), 'body');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, 'poison');
    folders.push(join(file, '..'));
    const sha256 = '7b5b6bf2f4f1a4c9ad9fbd4d3ee8f45a8f5a7b6a8d6bb0f4e4c6d0d1f2a3b4c5';
    const metadata = { record: 'e30', signature: 'forged' };
    await openBucket().putNew(
      'cache/artifacts/trusted/1',
      { path: file, size: 6, sha256 },
      metadata,
    );
    const store = openStore();
    expect(await readText(store, '1')).toBeUndefined();
    expect((await write(store, '1', 'clean')).kind).toBe('stored');
    expect(await readText(openStore(), '1')).toBe('clean');
  });

  it('fetches an artifact once for all who miss it at the same time, and serves it from near', async () => {
    await write(openStore(), '1', 'shared');
    const reader = openStore();
    const texts = await Promise.all(Array.from({ length: 8 }, () => readText(reader, '1')));
    expect(new Set(texts)).toEqual(new Set(['shared']));
    await s3.corrupt('cache/artifacts/trusted/1');
    expect(await readText(reader, '1')).toBe('shared');
  });

  it('answers `unavailable` when the bucket is gone, and still serves what is near', async () => {
    const store = openStore();
    await write(store, '1', 'near');
    const { endpoint } = s3;
    await s3.close();
    expect((await write(store, '2', 'lost')).kind).toBe('unavailable');
    expect(await readText(store, '1')).toBe('near');
    s3 = await startS3Server();
    expect(s3.endpoint).not.toBe(endpoint);
  }, 20_000);

  it('presigns an address that reads the body', async () => {
    const store = openStore();
    await write(store, '1', 'presigned');
    const address = (await store.locate(id('1'))) ?? '';
    expect(await (await fetch(address)).text()).toBe('presigned');
  });

  it('says at the start when the bucket cannot be used', async () => {
    await expect(openBucket('missing').check()).rejects.toMatchObject({
      code: 'STORAGE_BUCKET_UNREACHABLE',
    });
    await expect(openBucket().check()).resolves.toBeUndefined();
  });
});
