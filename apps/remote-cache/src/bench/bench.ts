import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  LOAD_CORE,
  PEER_NAME,
  startNginx,
  startOurs,
  startPeer,
  type Contender,
} from './contenders.ts';
import { judge, ratioOf, WORKLOADS, type Round, type Verdict, type Workload } from './goals.ts';
import { connect, readLoad, upload, writeLoad } from './load.ts';
import { measureMemory } from './memory.ts';

/**
 * `nx run remote-cache:bench`: our server beside nginx and a peer, in one run and as ratios within each
 * round, then its peak memory. Exits with 1 when a goal is missed. Needs nginx and wrk (Debian packages of
 * these names); the peer is installed from npm on first use.
 */
async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      'without-peer': { type: 'boolean', default: false },
    },
  });
  const folder = resolve('tmp/remote-cache-bench');
  // The load is this process and wrk; the servers have the other core.
  execFileSync('taskset', ['-acp', LOAD_CORE, String(process.pid)], { stdio: 'ignore' });
  console.log(`${cpus()[0]?.model}, node ${process.version}; ratios to nginx in the same round\n`);

  for (const name of ['nginx', 'disk', 'hot', 'peer/storage']) {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
  }
  const contenders = [
    await startNginx(join(folder, 'nginx')),
    await startOurs('disk', join(folder, 'disk')),
    await startOurs('hot', join(folder, 'hot')),
    ...(values['without-peer'] ? [] : [await startPeer(join(folder, 'peer'))]),
  ];
  const verdicts: Verdict[] = [];
  try {
    const workloads = WORKLOADS.filter(({ name }) => name.includes(values.only));
    for (const workload of workloads) {
      const rounds = await play(
        workload,
        contenders,
        Number(values.rounds),
        Number(values.seconds),
      );
      printWorkload(workload, contenders, rounds);
      verdicts.push(...judge(workload, rounds));
    }
    if (values.only === '' || values.only === 'memory') {
      const ours = contenders.find(({ name }) => name === 'disk');
      const body = randomBytes(64 * 2 ** 20);
      if (ours) {
        await prepare(ours, 'memory', body);
        verdicts.push(...(await measureMemory(ours, 0, 'memory', body)));
      }
    }
  } finally {
    for (const contender of contenders) await contender.stop();
    for (const name of ['nginx', 'disk', 'hot', 'peer/storage']) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
  return printVerdicts(verdicts);
}

async function play(
  workload: Workload,
  contenders: readonly Contender[],
  rounds: number,
  seconds: number,
): Promise<readonly Round[]> {
  const body = randomBytes(workload.bytes);
  const hash = `get-${workload.bytes}`;
  const taking = contenders.filter(
    ({ name }) => name !== 'hot' || workload.goals.hot !== undefined,
  );
  if (workload.kind === 'get') {
    for (const contender of taking) await prepare(contender, hash, body);
  }
  // Only answers that end count, and 64 large ones at a time end late.
  const patience = workload.connections > 8 ? 4 : 1;
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const samples = new Map<string, Awaited<ReturnType<typeof readLoad>>>();
    for (const contender of taking) {
      const sample =
        workload.kind === 'get'
          ? await readLoad(contender, hash, workload.connections, seconds * patience)
          : await writeLoad(contender, body, workload.connections, seconds, round);
      samples.set(contender.name, sample);
      if (workload.kind === 'put') contender.clean();
    }
    results.push(samples);
  }
  return results;
}

/** Uploads what is to be read, and reads it twice so that a memory tier holds it. */
async function prepare(contender: Contender, hash: string, body: Buffer): Promise<void> {
  const socket = await connect(contender.port);
  const status = await upload(socket, contender, hash, body);
  socket.destroy();
  if (status >= 300) throw new Error(`${contender.name} answered ${status} to ${hash}`);
  const headers = { ...contender.headers };
  delete headers['Content-Type'];
  for (let turn = 0; turn < 3; turn++) {
    const url = `http://127.0.0.1:${contender.port}${contender.pathOf(hash)}`;
    const reply = await fetch(url, { headers });
    const got = (await reply.arrayBuffer()).byteLength;
    if (got !== body.length) throw new Error(`${contender.name} served ${got} bytes of ${hash}`);
  }
}

function printWorkload(
  workload: Workload,
  contenders: readonly Contender[],
  rounds: readonly Round[],
): void {
  const cells = contenders.flatMap(({ name }) => {
    const samples = rounds.flatMap((round) => round.get(name) ?? []);
    const best = Math.max(...samples.map(({ perSecond }) => perSecond));
    if (samples.length === 0) return [];
    if (name === 'nginx') return [`nginx ${rate(best, workload.bytes)}`];
    return [`${name} ${(ratioOf(name, rounds) ?? 0).toFixed(2)}`];
  });
  console.log(`${workload.name.padEnd(16)} ${cells.join('   ')}`);
}

function rate(perSecond: number, bytes: number): string {
  const megabytes = (perSecond * bytes) / 1e6;
  return bytes >= 2 ** 20 ? `${megabytes.toFixed(0)} MB/s` : `${Math.round(perSecond)}/s`;
}

function printVerdicts(verdicts: readonly Verdict[]): number {
  console.log('\nGoals');
  for (const { goal, wanted, got, isReached } of verdicts) {
    const mark = isReached ? 'reached' : 'MISSED ';
    console.log(`  ${mark}  ${goal.padEnd(32)} ${wanted.padEnd(12)} ${got}`);
  }
  const missed = verdicts.filter(({ isReached }) => !isReached).length;
  console.log(`\n${verdicts.length - missed} reached, ${missed} missed (peer: ${PEER_NAME})`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await bench();
