import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { tailLog } from './log-tail.ts';
import { freePort, listen, listeningInodes, portHolder } from './port.ts';
import { identifyProcess, isAlive, parseProcStat, parsePsLine } from './process-identity.ts';
import { startProcess } from './start-process.ts';
import { stopProcess } from './stop-process.ts';
import { waitForLogLine, waitForPort } from './wait-for.ts';

jest.setTimeout(60_000);

let directory: string;
let logFile: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'process-'));
  logFile = path.join(directory, 'program.log');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const start = (script: string, env: Record<string, string> = {}) =>
  startProcess({
    program: process.execPath,
    args: ['-e', script],
    cwd: directory,
    env,
    logFile,
  });

const says = (pattern: RegExp) => waitForLogLine(logFile, pattern, { timeoutMs: 10_000 });

const STAYS = 'console.log("up"); setInterval(() => {}, 1000);';
const STUBBORN = `process.on('SIGTERM', () => console.log('no')); ${STAYS}`;

describe('startProcess', () => {
  it('gives the program its arguments as they are, its environment and nothing else', async () => {
    await startProcess({
      program: process.execPath,
      args: [
        '-e',
        'console.log(JSON.stringify([process.argv[1], process.env.A, process.env.HOME ?? null]))',
        '; echo $HOME',
      ],
      cwd: directory,
      env: { A: '1' },
      logFile,
    });
    expect(JSON.parse(await says(/^\[/))).toEqual(['; echo $HOME', '1', null]);
  });

  it('reports a program that does not exist', async () => {
    const missing = startProcess({
      program: path.join(directory, 'missing'),
      args: [],
      cwd: directory,
      env: {},
      logFile,
    });
    await expect(missing).rejects.toMatchObject({ code: 'PROCESS_NOT_STARTED' });
  });

  it('starts what is nobody’s descendant, so that it outlives whoever ends its starter with all below', async () => {
    const identity = await start('setInterval(() => {}, 1000)');
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(identity.pid)]);
    expect(Number(stdout)).not.toBe(process.pid);
    await stopProcess(identity, { graceMs: 5_000 });
  });

  it('moves a log over its size aside and starts a new one', async () => {
    await writeFile(logFile, 'old\n'.repeat(100));
    const identity = await startProcess({
      program: process.execPath,
      args: ['-e', 'console.log("new"); setInterval(() => {}, 1000)'],
      cwd: directory,
      env: {},
      logFile,
      maxLogBytes: 100,
    });
    await says(/^new$/);
    await stopProcess(identity, { graceMs: 5_000 });
    expect(await readFile(logFile, 'utf8')).toBe('new\n');
    expect(await readFile(`${logFile}.1`, 'utf8')).toMatch(/^old/);
  });
});

describe('a process identity', () => {
  it('is of one process: the same pid with another start time is not alive', async () => {
    const identity = await start(STAYS);
    expect(await isAlive(identity)).toBe(true);
    expect(await isAlive({ ...identity, startTime: '1' })).toBe(false);
    await stopProcess(identity, { graceMs: 5_000 });
    expect(await isAlive(identity)).toBe(false);
  });

  it('is read past a command name with spaces and brackets', () => {
    const fields = ['S', ...Array.from({ length: 18 }, (_, index) => String(index)), '4711', '9'];
    expect(parseProcStat(`12 (a) b (c) ${fields.join(' ')}`)).toEqual({
      startTime: '4711',
      ended: false,
    });
    expect(parseProcStat(`12 (gone) Z ${fields.slice(1).join(' ')}`).ended).toBe(true);
  });

  it('is read from ps where there is no /proc', () => {
    expect(parsePsLine('Ss   Mon Nov 23 06:03:35 2026\n')).toEqual({
      startTime: 'Mon Nov 23 06:03:35 2026',
      ended: false,
    });
  });

  it('does not exist for a pid without a process', async () => {
    const identity = await start('');
    while (await isAlive(identity)) await new Promise(setImmediate);
    expect(await identifyProcess(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('stopProcess', () => {
  it('lets a process end by itself on SIGTERM', async () => {
    const identity = await start(STAYS);
    await says(/up/);
    expect(await stopProcess(identity, { graceMs: 5_000 })).toBe('terminated');
    expect(await stopProcess(identity, { graceMs: 5_000 })).toBe('was-gone');
  });

  it('kills what does not end within its grace', async () => {
    const identity = await start(STUBBORN);
    await says(/up/);
    expect(await stopProcess(identity, { graceMs: 100 })).toBe('killed');
    expect(await isAlive(identity)).toBe(false);
  });

  it('takes the rest of the group along', async () => {
    const identity = await start(
      `const { pid } = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}], { stdio: 'inherit' });
       console.log('child ' + pid); setInterval(() => {}, 1000);`,
    );
    const child = await identifyProcess(Number((await says(/^child \d+/)).split(' ')[1]));
    await says(/up/);
    expect(await stopProcess(identity, { graceMs: 5_000 })).toBe('terminated');
    while (await isAlive(child!)) await new Promise(setImmediate);
  });

  it('spares a process that merely has the same pid', async () => {
    const identity = await start(STAYS);
    expect(await stopProcess({ ...identity, startTime: '1' }, { graceMs: 0 })).toBe('was-gone');
    expect(await isAlive(identity)).toBe(true);
    await stopProcess(identity, { graceMs: 5_000 });
  });
});

describe('waiting', () => {
  it('ends when the port answers', async () => {
    const port = await freePort();
    const identity = await start(
      `setTimeout(() => require('node:net').createServer().listen(${port}, '127.0.0.1'), 50)`,
    );
    await waitForPort({ host: '127.0.0.1', port }, { timeoutMs: 10_000, process: identity });
    await stopProcess(identity, { graceMs: 5_000 });
  });

  it('ends with the process, and shows what that said last', async () => {
    const identity = await start('console.log("cannot go on"); process.exit(3)');
    await expect(
      waitForPort(
        { host: '127.0.0.1', port: await freePort() },
        { timeoutMs: 10_000, process: identity, logFile },
      ),
    ).rejects.toMatchObject({
      code: 'WAIT_FAILED',
      message: expect.stringContaining('cannot go on'),
    });
  });

  it('finds a line that was written in pieces', async () => {
    const identity = await start(
      'process.stdout.write("rea"); setTimeout(() => process.stdout.write("dy\\n"), 60); setInterval(() => {}, 1000)',
    );
    expect(await waitForLogLine(logFile, /^ready$/, { timeoutMs: 10_000, process: identity })).toBe(
      'ready',
    );
    await stopProcess(identity, { graceMs: 5_000 });
  });

  it('can be given up', async () => {
    const gaveUp = waitForLogLine(logFile, /never/, {
      timeoutMs: 60_000,
      signal: AbortSignal.timeout(30),
    });
    await expect(gaveUp).rejects.toMatchObject({ code: 'WAIT_FAILED' });
  });
});

describe('a port', () => {
  it('that is taken is refused with its holder', async () => {
    const server = await listen('127.0.0.1', 0);
    const { port } = server.address() as AddressInfo;
    await expect(listen('127.0.0.1', port)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect((await portHolder(port))?.pid).toBe(process.pid);
    server.close();
    await once(server, 'close');
    expect(await portHolder(port)).toBeUndefined();
  });

  it('is found by its listening inode only', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
      '   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 222 1',
    ].join('\n');
    expect(listeningInodes(table, 8080)).toEqual(['111']);
    expect(listeningInodes(table, 80)).toEqual([]);
  });
});

describe('tailLog', () => {
  it('returns the last lines, and nothing of a missing log', async () => {
    await writeFile(logFile, 'a\nb\nc\n');
    expect(await tailLog(logFile, 2)).toBe('b\nc');
    expect(await tailLog(path.join(directory, 'none'), 2)).toBe('');
  });
});
