/**
 * Measures the load balancer beside HAProxy and the proxies that Node's libraries make, in one run.
 *
 *   node libs/delivery/local/bench/load-balancer.mjs [--short] [--json <file>] [--without-haproxy]
 *
 * What counts is the processor time of each proxy's process per request, read from /proc: unlike requests
 * per second it stays the same when other programs use the machine. Each proxy runs on the first core,
 * clients and backend on the second; rounds alternate between the proxies, and each one's best round counts.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname;
const program = path.join(here, '../dist/load-balancer.js');
const isShort = process.argv.includes('--short');
const withHaproxy = !process.argv.includes('--without-haproxy');
const jsonFile = process.argv[process.argv.indexOf('--json') + 1];

const CONNECTIONS = 32;
const WARM_UP_REQUESTS = isShort ? 20_000 : 60_000;
const ROUND_REQUESTS = isShort ? 10_000 : 40_000;
const ROUNDS = isShort ? 3 : 5;
const LATENCY_ROUNDS = isShort ? 8 : 20;
const TICKS_PER_SECOND = 100;
const NODE_FLAGS = ['--max-semi-space-size=32'];

const GOALS = { ratioToHaproxy: 0.5, addedP99Ms: 1 };

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'load-balancer-bench-'));
const children = [];

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function start(core, command, args, options = {}) {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: 'ignore',
    ...options,
  });
  children.push(child);
  return child;
}

async function untilAccepting(port) {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startNode(file, targetPort) {
  const port = await freePort();
  const child = start(0, process.execPath, [
    ...NODE_FLAGS,
    path.join(here, file),
    port,
    targetPort,
  ]);
  await untilAccepting(port);
  return { port, pid: child.pid };
}

async function startHaproxy(targetPort) {
  const port = await freePort();
  const config = path.join(directory, 'haproxy.cfg');
  fs.writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  option forwardfor
frontend clients
  bind 127.0.0.1:${port}
  default_backend targets
backend targets
  server s1 127.0.0.1:${targetPort}
`,
  );
  const child = start(0, 'haproxy', ['-f', config]);
  await untilAccepting(port);
  return { port, pid: child.pid };
}

/** Starts the product as it ships: the bundle, its supervisor, sockets opened by somebody else. */
async function startOurs(targetPort) {
  const file = (name) => path.join(directory, name);
  const target = { host: '127.0.0.1', port: targetPort, state: 'active' };
  // Two revisions of which one has no weight: requests pass through the weighted choice.
  const desired = {
    fence: 1,
    holder: 'bench',
    targets: [
      { ...target, revision: 'r1', weight: 100 },
      { ...target, revision: 'r2', host: 'localhost', weight: 0 },
    ],
  };
  fs.writeFileSync(file('token'), 'bench\n', { mode: 0o600 });
  fs.writeFileSync(
    file('routing.json'),
    JSON.stringify({ version: 1, services: { bench: desired } }),
  );
  const listeners = [net.createServer(), net.createServer()];
  for (const listener of listeners) await once(listener.listen(0, '127.0.0.1'), 'listening');
  const [port, adminPort] = listeners.map((listener) => listener.address().port);
  fs.writeFileSync(
    file('config.json'),
    JSON.stringify({
      services: [{ name: 'bench', port }],
      admin: { host: '127.0.0.1', port: adminPort },
      stateFile: file('routing.json'),
      tokenFile: file('token'),
      shutdownMs: 1_000,
    }),
  );
  const log = fs.openSync(file('load-balancer.log'), 'a');
  start(0, process.execPath, [program, 'supervisor', file('config.json'), '2'], {
    stdio: ['ignore', log, log, ...listeners.map(({ _handle }) => _handle)],
  });
  for (const listener of listeners) listener.close();
  const admin = (what) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: 'Bearer bench' };
      http
        .get(
          { port: adminPort, host: '127.0.0.1', path: what, headers, agent: false },
          (response) => {
            let text = '';
            response.on('data', (chunk) => (text += chunk));
            response.on('end', () => resolve(JSON.parse(text)));
          },
        )
        .on('error', reject);
    });
  await admin('/v1/services');
  const serving = fs
    .readFileSync(file('load-balancer.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"serving"'));
  return { port, pid: JSON.parse(serving.at(-1)).pid, admin };
}

async function load(options) {
  const { stdout } = await run('taskset', [
    '-c',
    '1',
    process.execPath,
    path.join(here, 'load-generator.mjs'),
    JSON.stringify({ connections: CONNECTIONS, ...options }),
  ]);
  return JSON.parse(stdout);
}

function cpuSeconds(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMegabytes(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1_024);
}

async function measure({ port, pid }) {
  const before = cpuSeconds(pid);
  const result = await load({ port, requests: ROUND_REQUESTS });
  return {
    ...result,
    perSecond: result.requests / result.seconds,
    cpuMicros: ((cpuSeconds(pid) - before) * 1e6) / result.requests,
  };
}

const best = (rounds, key) => Math.min(...rounds.map((round) => round[key]));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function main() {
  if (process.platform !== 'linux') throw new Error('this benchmark reads /proc: run it on Linux');
  if (!fs.existsSync(program)) throw new Error('no bundle: run `npx nx run local:bundle` first');
  const backendPort = await freePort();
  start(1, process.execPath, [path.join(here, 'backend.mjs'), backendPort]);
  await untilAccepting(backendPort);

  const ours = await startOurs(backendPort);
  const proxies = {
    ...(withHaproxy ? { HAProxy: await startHaproxy(backendPort) } : {}),
    'load balancer': ours,
    'node:http + undici': await startNode('candidates/undici-dispatch.mjs', backendPort),
    'node:http both sides': await startNode('candidates/node-http.mjs', backendPort),
    'byte pipe (bound)': await startNode('candidates/byte-pipe.mjs', backendPort),
  };
  const rounds = Object.fromEntries(Object.keys(proxies).map((name) => [name, []]));
  for (const { port } of Object.values(proxies)) await load({ port, requests: WARM_UP_REQUESTS });
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, proxy] of Object.entries(proxies)) rounds[name].push(await measure(proxy));
  }

  const reference = withHaproxy ? best(rounds.HAProxy, 'cpuMicros') : undefined;
  const table = Object.entries(rounds).map(([name, each]) => ({
    name,
    cpuMicros: best(each, 'cpuMicros'),
    ratio: reference === undefined ? null : reference / best(each, 'cpuMicros'),
    perSecond: Math.max(...each.map(({ perSecond }) => perSecond)),
    p50Ms: best(each, 'p50Ms'),
    p99Ms: best(each, 'p99Ms'),
    failed: each.reduce((sum, { failed }) => sum + failed, 0),
  }));
  const own = table.find(({ name }) => name === 'load balancer');

  // Half of what it can do beside its clients: direct and through it, in turn. Short rounds, so that some
  // fall between the bursts of whatever else the machine does.
  const perSecond = Math.round(median(rounds['load balancer'].map((round) => round.perSecond)) / 2);
  const halfLoad = { requests: Math.round(perSecond / 2), perSecond };
  const added = [];
  for (let round = 0; round < LATENCY_ROUNDS; round++) {
    const direct = await load({ port: backendPort, ...halfLoad });
    const through = await load({ port: ours.port, ...halfLoad });
    added.push({ directP99Ms: direct.p99Ms, throughP99Ms: through.p99Ms });
  }
  const halfLoadRequests = LATENCY_ROUNDS * halfLoad.requests;
  const directP99Ms = best(added, 'directP99Ms');
  const throughP99Ms = best(added, 'throughP99Ms');
  // A machine that delays even the direct way by more than the goal allows has no say on the detour.
  const tooBusy = directP99Ms > GOALS.addedP99Ms ? ' (the machine is too busy to tell)' : '';

  const sent = WARM_UP_REQUESTS + ROUNDS * ROUND_REQUESTS + halfLoadRequests;
  const [{ revisions }] = await ours.admin('/v1/services');
  const counted = revisions.reduce((sum, { statuses }) => sum + statuses['2xx'], 0);

  const libraries = table.filter(({ name }) => name.startsWith('node:http'));
  const goals = [
    withHaproxy && {
      goal: `at least ${GOALS.ratioToHaproxy} of HAProxy's requests per second of processor time`,
      measured: own.ratio.toFixed(2),
      reached: own.ratio >= GOALS.ratioToHaproxy,
    },
    {
      goal: "less processor time than every proxy made of Node's libraries",
      measured: `${own.cpuMicros.toFixed(1)} µs, theirs ${libraries.map((each) => each.cpuMicros.toFixed(1)).join(' and ')} µs`,
      reached: libraries.every((each) => each.cpuMicros > own.cpuMicros),
    },
    {
      goal: `adds less than ${GOALS.addedP99Ms} ms to the p99 at half load (${perSecond} requests/s)`,
      measured: `${throughP99Ms.toFixed(2)} ms, direct ${directP99Ms.toFixed(2)} ms${tooBusy}`,
      reached: throughP99Ms - directP99Ms < GOALS.addedP99Ms,
    },
    {
      goal: 'no request failed, and every one was counted',
      measured: `${own.failed} failed, ${counted} of ${sent} counted`,
      reached: own.failed === 0 && counted === sent,
    },
  ].filter(Boolean);

  print(table, goals);
  const [loadAverage] = os.loadavg();
  console.log(`\nload average ${loadAverage.toFixed(1)} on ${os.cpus().length} cores`);
  console.log(`peak memory of the load balancer: ${residentMegabytes(ours.pid)} MB`);
  if (process.argv.includes('--json')) {
    const result = { at: new Date().toISOString(), node: process.version, table, added, goals };
    fs.writeFileSync(jsonFile, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return goals.every(({ reached }) => reached);
}

function print(table, goals) {
  console.log('proxy                  µs/request   ratio   requests/s   p50 ms   p99 ms');
  for (const { name, cpuMicros, ratio, perSecond, p50Ms, p99Ms } of table) {
    console.log(
      name.padEnd(22),
      cpuMicros.toFixed(1).padStart(10),
      (ratio === null ? '-' : ratio.toFixed(2)).padStart(7),
      perSecond.toFixed(0).padStart(12),
      p50Ms.toFixed(2).padStart(8),
      p99Ms.toFixed(2).padStart(8),
    );
  }
  console.log();
  for (const { goal, measured, reached } of goals) {
    console.log(`${reached ? 'reached' : 'missed '}  ${goal}: ${measured}`);
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const child of children) child.kill();
  await Promise.all(
    children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')),
  );
  fs.rmSync(directory, { recursive: true, force: true });
}
