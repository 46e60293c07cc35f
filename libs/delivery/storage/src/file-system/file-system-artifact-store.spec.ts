import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseTaskHash, type ArtifactId, type TrustScope } from '@prompt-card/cache';
import { artifactStoreContract } from '@prompt-card/cache/testing';
import { FileSystemArtifactStore } from './file-system-artifact-store.ts';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'artifact-store-'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

const openStore = () => FileSystemArtifactStore.open({ root, now: () => 1000 });
const id = (hash: string, scope: TrustScope = 'trusted'): ArtifactId => ({
  scope,
  hash: parseTaskHash(hash)!,
});
const shard = (...rest: string[]) => path.join(root, 'artifacts', 'trusted', ...rest);
const blobIn = (folder: string) =>
  path.join(
    folder,
    fs.readdirSync(folder).find((name) => name.endsWith('.blob'))!,
  );

async function write(store: FileSystemArtifactStore, artifact: ArtifactId, text: string) {
  const bytes = Buffer.from(text);
  return store.write(artifact, {
    size: bytes.length,
    body: once(bytes),
    principal: 'p',
    run: null,
  });
}
async function* once(bytes: Uint8Array) {
  yield bytes;
}
async function readText(store: FileSystemArtifactStore, artifact: ArtifactId) {
  const open = await store.read(artifact);
  await open?.close();
  return open && Buffer.from(open.body as Uint8Array).toString();
}
const reasons = async (store: FileSystemArtifactStore) =>
  (await store.quarantined()).map(({ reason }) => reason);

describe('FileSystemArtifactStore', () => {
  it.each(artifactStoreContract)('$claim', async ({ check }) => {
    await check({
      store: openStore(),
      reopen: async () => openStore(),
      corrupt: async ({ scope, hash }) => {
        const file = blobIn(path.join(root, 'artifacts', scope, hash.slice(-2).padStart(2, '0')));
        const bytes = fs.readFileSync(file);
        bytes[bytes.length >> 1]! ^= 1;
        fs.writeFileSync(file, bytes);
      },
    });
  });

  it('leaves no other file than entry and body, whatever happened', async () => {
    const store = openStore();
    await write(store, id('1234'), 'first');
    await write(store, id('1234'), 'second');
    await store.write(id('1234'), {
      size: 9,
      body: once(Buffer.from('x')),
      principal: 'p',
      run: null,
    });
    expect(
      fs
        .readdirSync(shard('34'))
        .map((name) => path.extname(name))
        .toSorted(),
    ).toEqual(['.blob', '.json']);
  });

  it('sweeps what a killed server left in mid-upload, and keeps what a living one writes', async () => {
    const store = openStore();
    await write(store, id('1234'), 'kept');
    const dead = shard('34', '999999999-0123456789abcdef01234567.blob');
    const own = shard('34', `${process.pid}-0123456789abcdef01234567.tmp`);
    const alive = shard('34', `${process.ppid}-0123456789abcdef01234567.blob`);
    const foreign = shard('34', 'notes.txt');
    for (const file of [dead, own, alive, foreign]) fs.writeFileSync(file, 'x');
    const reopened = openStore();
    expect([dead, own, alive, foreign].map((file) => fs.existsSync(file))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(await readText(reopened, id('1234'))).toBe('kept');
  });

  it('does not serve an entry that was edited, moved to another scope, or signed by another key', async () => {
    const store = openStore();
    await write(store, id('1'), 'edited');
    await write(store, id('2', 'pr-1'), 'moved');
    await write(store, id('3'), 'foreign');
    const entry = shard('01', '1.json');
    fs.writeFileSync(entry, fs.readFileSync(entry, 'utf8').replace('"p"', '"q"'));
    fs.cpSync(path.join(root, 'artifacts', 'pr-1'), shard(), { recursive: true });
    const reopened = openStore();
    expect(await readText(reopened, id('1'))).toBeUndefined();
    expect(await readText(reopened, id('2'))).toBeUndefined();
    expect(await readText(reopened, id('2', 'pr-1'))).toBe('moved');
    fs.rmSync(path.join(root, 'server.key'));
    expect(await readText(openStore(), id('3'))).toBeUndefined();
  });

  it('puts a symbolic link or a folder in the place of an entry or a body aside', async () => {
    const secret = path.join(root, 'secret');
    fs.writeFileSync(secret, 'secret');
    const store = openStore();
    await write(store, id('1'), 'secret');
    await write(store, id('2'), 'folder');
    const [one, two] = [blobIn(shard('01')), blobIn(shard('02'))];
    fs.rmSync(one);
    fs.symlinkSync(secret, one);
    fs.rmSync(two);
    fs.mkdirSync(two);
    fs.mkdirSync(shard('03', '3.json'), { recursive: true });
    fs.mkdirSync(shard('04'));
    fs.symlinkSync(secret, shard('04', '4.json'));
    for (const hash of ['1', '2', '3', '4']) {
      expect(await readText(store, id(hash))).toBeUndefined();
      expect((await write(store, id(hash), 'anew')).kind).toBe('stored');
      expect(await readText(store, id(hash))).toBe('anew');
    }
    expect(fs.readFileSync(secret, 'utf8')).toBe('secret');
  });

  it('takes an entry whose body is gone for a miss', async () => {
    const store = openStore();
    await write(store, id('1'), 'ghost');
    fs.rmSync(blobIn(shard('01')));
    expect(await readText(openStore(), id('1'))).toBeUndefined();
    expect(await reasons(store)).toEqual(['the body is gone']);
    expect((await write(store, id('1'), 'anew')).kind).toBe('stored');
  });

  it('reports each quarantined artifact once, also when many read it at the same time', async () => {
    const store = openStore();
    await write(store, id('1'), 'x'.repeat(400_000));
    fs.appendFileSync(blobIn(shard('01')), 'y');
    await Promise.all(Array.from({ length: 8 }, () => store.read(id('1'))));
    expect(await reasons(store)).toEqual(['400001 bytes instead of 400000']);
  });

  it('remembers when artifacts were last read, and starts without that when the index is damaged', async () => {
    let now = 1000;
    const store = FileSystemArtifactStore.open({ root, now: () => now });
    await write(store, id('1'), 'x');
    now = 5000;
    await readText(store, id('1'));
    await store.saveReadingTimes();
    const lastRead = async () => {
      for await (const { lastReadAt } of openStore().list()) return lastReadAt;
      return undefined;
    };
    expect(await lastRead()).toBe(5000);
    fs.writeFileSync(path.join(root, 'index.json'), '{"trusted/1": 50');
    expect(await lastRead()).toBe(1000);
    fs.writeFileSync(path.join(root, 'index.json'), '{"trusted/ghost": 1, "trusted/1": 7000}');
    expect(await lastRead()).toBe(7000);
  });

  it('answers `unavailable` with the disk’s own word when it cannot write', async () => {
    const store = openStore();
    fs.rmSync(path.join(root, 'artifacts'), { recursive: true });
    fs.writeFileSync(path.join(root, 'artifacts'), 'in the way');
    expect(await write(store, id('1'), 'x')).toEqual({ kind: 'unavailable', reason: 'ENOTDIR' });
  });

  it('reads what another process stored in the same folder', async () => {
    const [one, other] = [openStore(), openStore()];
    await write(one, id('1'), 'shared');
    expect(await readText(other, id('1'))).toBe('shared');
    expect((await write(other, id('1'), 'again')).kind).toBe('exists');
  });

  it('refuses a damaged server key, and says what to do', () => {
    fs.writeFileSync(path.join(root, 'server.key'), 'short\n');
    expect(openStore).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_DAMAGED' }));
  });

  it('locates the verified body below its folder', async () => {
    const store = openStore();
    await write(store, id('1'), 'accelerated');
    const where = await store.locate(id('1'));
    expect(fs.readFileSync(path.join(root, 'artifacts', where!), 'utf8')).toBe('accelerated');
    expect(await store.locate(id('2'))).toBeUndefined();
  });
});
