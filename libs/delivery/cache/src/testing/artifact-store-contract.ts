import type { ArtifactId } from '../artifact.ts';
import type { ArtifactStore, WriteOutcome } from '../artifact-store.ts';
import { parseTaskHash } from '../task-hash.ts';
import type { TrustScope } from '../trust-scope.ts';
import { claimEqual, claimTrue } from './claim.ts';
import { concat } from './concat.ts';

/** One store under test and what the suite must do behind its back. */
export interface ArtifactStoreHarness {
  readonly store: ArtifactStore;
  /** Flips a bit of the stored body, as a failing disk or a visitor would. */
  corrupt(id: ArtifactId): Promise<void>;
  /** The store as another process would find it. */
  reopen(): Promise<ArtifactStore>;
}

/** One promise of the port; `check` throws when it is broken. For `it.each` of any test runner. */
export interface ArtifactStoreClaim {
  readonly claim: string;
  check(harness: ArtifactStoreHarness): Promise<void>;
}

const MIB = 1024 * 1024;

/** The promises that every {@link ArtifactStore} keeps. */
export const artifactStoreContract: readonly ArtifactStoreClaim[] = [
  {
    claim: 'reads back what was written, with its record',
    async check({ store }) {
      const body = pattern(1000, 1);
      const outcome = await write(store, id('1'), body);
      claimEqual(outcome.kind, 'stored');
      const open = await store.read(id('1'));
      claimEqual(open?.record.size, 1000);
      claimEqual(open?.record.principal, 'contract');
      claimEqual(open?.record.run, '77');
      claimTrue(/^[0-9a-f]{64}$/.test(open?.record.sha256 ?? ''), 'a SHA-256 in the record');
      await open?.close();
      claimEqual(await read(store, id('1')), body);
    },
  },
  {
    claim: 'reads large bodies in pieces and small and empty ones whole, byte for byte',
    async check({ store }) {
      for (const [hash, size] of [
        ['10', 0],
        ['11', 1],
        ['12', 256 * 1024],
        ['13', 256 * 1024 + 1],
        ['14', 5 * MIB + 3],
      ] as const) {
        const body = pattern(size, size % 251);
        claimEqual((await write(store, id(hash), body)).kind, 'stored');
        claimEqual(await read(store, id(hash)), body);
      }
    },
  },
  {
    claim: 'reports an id that was never written as absent',
    async check({ store }) {
      claimEqual(await read(store, id('404')), undefined);
      claimEqual(await store.verify(id('404')), 'absent');
      claimEqual(await store.remove(id('404')), false);
    },
  },
  {
    claim: 'never overwrites: a second write gets `exists` and the first body stays',
    async check({ store }) {
      await write(store, id('2'), pattern(100, 1));
      claimEqual((await write(store, id('2'), pattern(100, 2))).kind, 'exists');
      claimEqual(await read(store, id('2')), pattern(100, 1));
    },
  },
  {
    claim: 'lets exactly one of 16 racing writers win, and serves its body',
    async check({ store }) {
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, n) => write(store, id('3'), pattern(70_000, n))),
      );
      const winners = outcomes.flatMap((outcome, n) => (outcome.kind === 'stored' ? [n] : []));
      claimEqual(winners.length, 1);
      claimEqual(outcomes.filter((outcome) => outcome.kind === 'exists').length, 15);
      claimEqual(await read(store, id('3')), pattern(70_000, winners[0] ?? -1));
    },
  },
  {
    claim: 'keeps scopes apart: one hash, two scopes, two artifacts',
    async check({ store }) {
      await write(store, id('4', 'pr-7'), pattern(50, 7));
      claimEqual(await read(store, id('4')), undefined);
      claimEqual((await write(store, id('4'), pattern(50, 1))).kind, 'stored');
      claimEqual(await read(store, id('4', 'pr-7')), pattern(50, 7));
      claimEqual(await read(store, id('4')), pattern(50, 1));
    },
  },
  {
    claim: 'stores nothing of a body that is shorter or longer than announced, or breaks off',
    async check({ store }) {
      const short = await write(store, id('5'), pattern(99, 1), 100);
      const long = await write(store, id('5'), pattern(101, 1), 100);
      const broken = await store.write(id('5'), {
        size: 200_000,
        body: breakingOff(pattern(100_000, 1)),
        principal: 'contract',
        run: null,
      });
      claimEqual([short.kind, long.kind, broken.kind], ['incomplete', 'incomplete', 'incomplete']);
      claimEqual(await read(store, id('5')), undefined);
      claimEqual((await write(store, id('5'), pattern(100, 3))).kind, 'stored');
    },
  },
  {
    claim: 'shows nothing of an artifact until its last byte is stored',
    async check({ store }) {
      const gate = latch();
      const writing = store.write(id('6'), {
        size: 200,
        body: pausing(pattern(200, 6), gate.reached, gate.opened),
        principal: 'contract',
        run: null,
      });
      await gate.untilReached;
      claimEqual(await read(store, id('6')), undefined);
      gate.open();
      claimEqual((await writing).kind, 'stored');
      claimEqual(await read(store, id('6')), pattern(200, 6));
    },
  },
  {
    claim: 'quarantines a body that changed and reports it absent, then takes it anew',
    async check(harness) {
      await write(harness.store, id('7'), pattern(300_000, 1));
      await harness.corrupt(id('7'));
      const reopened = await harness.reopen();
      claimEqual(await read(reopened, id('7')), undefined);
      claimEqual((await write(reopened, id('7'), pattern(300_000, 1))).kind, 'stored');
      claimEqual(await read(reopened, id('7')), pattern(300_000, 1));
    },
  },
  {
    claim: 'verifies on demand, also what it has served before',
    async check(harness) {
      await write(harness.store, id('8'), pattern(4096, 1));
      claimEqual(await read(harness.store, id('8')), pattern(4096, 1));
      claimEqual(await harness.store.verify(id('8')), 'sound');
      await harness.corrupt(id('8'));
      claimEqual(await harness.store.verify(id('8')), 'quarantined');
      claimEqual(await read(harness.store, id('8')), undefined);
    },
  },
  {
    claim: 'finishes a transfer whose artifact is removed meanwhile',
    async check({ store }) {
      const body = pattern(3 * MIB, 9);
      await write(store, id('9'), body);
      const open = await store.read(id('9'));
      claimEqual(await store.remove(id('9')), true);
      claimEqual(open && (await drain(open.body)), body);
      await open?.close();
      claimEqual(await read(store, id('9')), undefined);
      claimEqual((await write(store, id('9'), pattern(10, 2))).kind, 'stored');
    },
  },
  {
    claim: 'lists every artifact once, busy while it is read',
    async check({ store }) {
      await write(store, id('21'), pattern(400_000, 1));
      await write(store, id('21', 'pr-1'), pattern(20, 1));
      const open = await store.read(id('21'));
      claimEqual(await listing(store), ['pr-1/21 20', 'trusted/21 400000 busy']);
      await open?.close();
      claimEqual(await listing(store), ['pr-1/21 20', 'trusted/21 400000']);
    },
  },
  {
    claim: 'keeps what it acknowledged for the next process',
    async check(harness) {
      await write(harness.store, id('31'), pattern(123_456, 5));
      const reopened = await harness.reopen();
      claimEqual(await read(reopened, id('31')), pattern(123_456, 5));
      claimEqual((await write(reopened, id('31'), pattern(1, 1))).kind, 'exists');
      claimEqual(await listing(reopened), ['trusted/31 123456']);
    },
  },
];

function id(hash: string, scope: TrustScope = 'trusted'): ArtifactId {
  const parsed = parseTaskHash(hash);
  if (!parsed) throw new Error(`not a hash: ${hash}`);
  return { scope, hash: parsed };
}

function write(
  store: ArtifactStore,
  artifact: ArtifactId,
  body: Uint8Array,
  size = body.length,
): Promise<WriteOutcome> {
  return store.write(artifact, { size, body: pieces(body), principal: 'contract', run: '77' });
}

async function read(store: ArtifactStore, artifact: ArtifactId): Promise<Uint8Array | undefined> {
  const open = await store.read(artifact);
  if (!open) return undefined;
  try {
    return await drain(open.body);
  } finally {
    await open.close();
  }
}

async function drain(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return Uint8Array.from(body);
  const parts: Uint8Array[] = [];
  for await (const piece of body) parts.push(Uint8Array.from(piece));
  return concat(parts);
}

async function listing(store: ArtifactStore): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { scope, hash, size, busy } of store.list()) {
    lines.push(`${scope}/${hash} ${size}${busy ? ' busy' : ''}`);
  }
  return lines.toSorted();
}

/** Bytes that differ from position to position and from seed to seed. */
function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) + seed) & 0xff;
  return bytes;
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}

async function* breakingOff(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
  throw new Error('connection reset');
}

async function* pausing(
  body: Uint8Array,
  reached: () => void,
  opened: Promise<void>,
): AsyncGenerator<Uint8Array> {
  const half = body.length / 2;
  yield body.subarray(0, half);
  reached();
  await opened;
  yield body.subarray(half);
}

function latch() {
  let reached: () => void = () => undefined;
  let open: () => void = () => undefined;
  const untilReached = new Promise<void>((resolve) => (reached = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { reached: () => reached(), open: () => open(), untilReached, opened };
}
